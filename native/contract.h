// Generated from lib/native/constants.ts, which explains each number, by `npm run contract`: do not edit it here.
#ifndef LEASEHOLD_CONTRACT_H_
#define LEASEHOLD_CONTRACT_H_

#include <stdint.h>

namespace leasehold {

constexpr uint32_t kControlBase = 0;
constexpr uint32_t kControlKeyWindow = 1;
constexpr uint32_t kControlValueWindow = 2;
constexpr uint32_t kControlKeyExtent = 3;
constexpr uint32_t kControlValueExtent = 4;
constexpr uint32_t kControlKeyLength = 5;
constexpr uint32_t kControlValueLength = 6;
constexpr uint32_t kControlDone = 7;
constexpr uint32_t kControlRows = 8;
constexpr uint32_t kControlBytes = 9;
constexpr uint32_t kControlGeneration = 10;
constexpr uint32_t kControlBytesHigh = 11;
constexpr uint32_t kControlOtherKeyWindow = 12;
constexpr uint32_t kControlOtherValueWindow = 13;
constexpr uint32_t kControlOtherKeyExtent = 14;
constexpr uint32_t kControlOtherValueExtent = 15;
constexpr uint32_t kControlTransaction = 16;
constexpr uint32_t kControlCollection = 17;
constexpr uint32_t kControlOffset = 18;
constexpr uint32_t kControlKind = 19;
constexpr uint32_t kControlChanges = 20;
constexpr uint32_t kControlTid = 21;
constexpr uint32_t kControlTidHigh = 22;
constexpr uint32_t kControlSize = 23;
constexpr int32_t kNeedsTable = -1;
constexpr int32_t kNotFound = -2;
constexpr int32_t kNeedsLease = -3;
constexpr int32_t kPrivateRow = -4;
constexpr int32_t kNotShared = -1;
constexpr int32_t kNotCommitted = -3;
constexpr uint32_t kManyAbsent = 0xffffffff;
constexpr uint32_t kManyPrivate = 0xfffffffe;
constexpr uint32_t kRangeLower = 1;
constexpr uint32_t kRangeLowerOpen = 2;
constexpr uint32_t kRangeUpper = 4;
constexpr uint32_t kRangeUpperOpen = 8;
constexpr uint32_t kRangeReverse = 16;
constexpr uint32_t kRangeKeysOnly = 32;
constexpr uint32_t kRangeReaimed = 64;
constexpr uint32_t kRangeDistinct = 128;
constexpr uint32_t kRangeLowerPair = 256;
constexpr uint32_t kRangeUpperPair = 512;
constexpr uint32_t kJoinInner = 0;
constexpr uint32_t kJoinLeft = 1;
constexpr uint32_t kJoinSemi = 2;
constexpr uint32_t kJoinAnti = 3;
constexpr uint32_t kJoinMerges = 1;
constexpr uint32_t kOnKeyNumber = 0;
constexpr uint32_t kOnKeyText = 1;
constexpr uint32_t kOnKeyBytes = 2;
constexpr uint32_t kOnKeyTuple = 3;
constexpr uint32_t kOnElement = 4;
constexpr uint32_t kOnField = 5;
constexpr uint32_t kOnNumbers = 5;
constexpr uint32_t kFieldU8 = 0;
constexpr uint32_t kFieldU16 = 1;
constexpr uint32_t kFieldU32 = 2;
constexpr uint32_t kFieldI8 = 3;
constexpr uint32_t kFieldI16 = 4;
constexpr uint32_t kFieldI32 = 5;
constexpr uint32_t kFieldF32 = 6;
constexpr uint32_t kFieldF64 = 7;
constexpr uint32_t kFieldBool = 8;
constexpr uint32_t kFieldU64 = 9;
constexpr uint32_t kFieldI64 = 10;
constexpr uint32_t kFieldDate = 11;
constexpr uint32_t kFieldUtf8 = 12;
constexpr uint32_t kFieldBytes = 13;
constexpr uint32_t kOpenReadOnly = 1;
constexpr uint32_t kOpenNoMetasync = 2;
constexpr uint32_t kOpenNoSync = 4;
constexpr uint32_t kOpenDurabilityGiven = 8;
constexpr uint32_t kOpenCopy = 16;
constexpr uint32_t kOpenMemoryGiven = 32;
constexpr uint32_t kOpenNoLock = 64;
constexpr uint32_t kOpenLockGiven = 128;
constexpr uint32_t kOpenPeriodic = 256;
constexpr uint32_t kCollectionDupsort = 1;
constexpr uint32_t kCollectionVersions = 2;
constexpr uint32_t kCollectionExpires = 4;
constexpr uint32_t kCollectionAnyKeys = 8;
constexpr uint32_t kSourceEnded = 1;
constexpr uint32_t kSourceNotLent = 2;
constexpr uint32_t kChangePut = 0;
constexpr uint32_t kChangePutNew = 1;
constexpr uint32_t kChangeAppend = 2;
constexpr uint32_t kChangeDelete = 3;
constexpr uint32_t kChangeDeleteValue = 4;
constexpr uint32_t kChangeClear = 5;
constexpr uint32_t kChangeDrop = 6;
constexpr uint32_t kChangeAdd = 7;
constexpr uint32_t kChangeSweep = 8;
constexpr uint32_t kChangePutIf = 9;
constexpr uint32_t kChangeDeleteIf = 10;
constexpr uint32_t kChangeCheck = 11;
constexpr uint32_t kChangeCheckRange = 12;
constexpr uint32_t kChangeCommitId = 13;
constexpr uint32_t kNumberValueBytes = 13;
constexpr uint32_t kNumberAt = 1;
constexpr uint32_t kChangeVersionBytes = 8;
constexpr uint32_t kChangeTimeBytes = 8;
constexpr uint32_t kTimeIsTtl = 0x80;
constexpr uint32_t kTimeKeepsOld = 0x40;
constexpr uint32_t kChangeRangeBytes = 12;
constexpr uint32_t kChangeHeaderBytes = 16;
constexpr uint32_t kLockShared = 1;
constexpr uint32_t kLockIfAvailable = 2;
constexpr uint32_t kLockSteal = 4;
constexpr uint32_t kLockHeld = 8;
constexpr uint32_t kLockGranted = 0;
constexpr uint32_t kLockCancelled = 1;
constexpr uint32_t kLockStolen = 2;
constexpr uint32_t kLockClosed = 3;
constexpr uint32_t kGarbagePageIds = 4096;

}  // namespace leasehold

#endif  // LEASEHOLD_CONTRACT_H_
