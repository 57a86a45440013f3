import { checkChoice, checkObject, checkOptionNames, checkSize } from '../base/check-arguments.ts';
import { invalidType, invalidValue } from '../base/errors.ts';
import { freezeClass } from '../base/primordials.ts';
import { JOIN_ANTI, JOIN_INNER, JOIN_LEFT, JOIN_MERGES, JOIN_SEMI } from '../native/constants.ts';
import type { Handle } from '../native/handles.ts';
import { native } from '../native/native.ts';
import { EntrySource } from '../read/entry-source.ts';
import type { RangeState } from '../read/range.ts';
import type { OnEnd } from '../transaction/open-options.ts';
import { OpenRead } from '../transaction/open-read.ts';
import { transactionEnded } from '../transaction/open-write.ts';
import { GivenForm } from './given-form.ts';
import { GivenSide } from './given-side.ts';
import { checkPairs, type OnPart, planOf, readOn } from './join-on.ts';
import type { JoinType } from './join-types.ts';

const OPTIONS = ['build', 'probe', 'type', 'maxTableBytes'];
const TYPES = ['inner', 'left', 'semi', 'anti'];
const DEFAULT_TABLE_BYTES = 2 ** 30;

/** The options of a join, checked. Each iteration and each count begins from them. */
export class JoinPlan {
  readonly name: 'hashJoin' | 'mergeJoin';
  readonly build: RangeState;
  readonly probe: RangeState;
  readonly type: JoinType;
  /** Set for a side whose entries functions in JavaScript make. */
  readonly #buildForm: GivenForm | undefined;
  readonly #probeForm: GivenForm | undefined;
  readonly #maxTableBytes: number;
  readonly #plan: Uint32Array;
  readonly #labels: string;
  /** The transactions of the sides. Undefined for a range without one. */
  readonly #buildTransaction: OpenRead | undefined;
  readonly #probeTransaction: OpenRead | undefined;

  /** Throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  constructor(name: 'hashJoin' | 'mergeJoin', options: unknown) {
    checkObject(options, 'options');
    checkOptionNames(options, OPTIONS, `${name}()`);
    const { build, probe, type, maxTableBytes } = options as Record<string, unknown>;
    checkChoice(type, 'type', TYPES);
    checkSize(maxTableBytes, 'maxTableBytes', 0, Number.MAX_SAFE_INTEGER);
    const buildSide = readSide(build, 'build', name);
    const probeSide = readSide(probe, 'probe', name);
    checkPairs(buildSide.on, probeSide.on);
    this.name = name;
    this.build = buildSide.rangeState;
    this.probe = probeSide.rangeState;
    this.#buildForm = buildSide.form;
    this.#probeForm = probeSide.form;
    this.type = (type as JoinType | undefined) ?? 'inner';
    this.#maxTableBytes = (maxTableBytes as number | undefined) ?? DEFAULT_TABLE_BYTES;
    const { plan, labels } = planOf(buildSide.on, probeSide.on);
    this.#plan = plan;
    this.#labels = labels;
    this.#buildTransaction = readTransaction(this.build, name);
    this.#probeTransaction = readTransaction(this.probe, name);
    this.#checkSnapshots();
  }

  /**
   * Throws `ERR_INVALID_ARG_TYPE` for anything but a JoinPlan. A program can find the constructors that take one, and call them with
   * anything.
   */
  static check(value: unknown): JoinPlan {
    if (typeof value === 'object' && value !== null && #plan in value) return value;
    throw invalidType('plan', 'what hashJoin() and mergeJoin() pass', value);
  }

  /** False if the transaction of a side has ended. */
  get isOpen(): boolean {
    return this.#buildTransaction?.open !== false && this.#probeTransaction?.open !== false;
  }

  /**
   * Returns the transaction to join in. If a side has one, it is that one; two of them read the same snapshot, so either will do. If no
   * side has one, begins a new transaction, which is also returned as `own`: the caller must end it, and it ends by itself if `owner` is
   * collected. Throws `ERR_TXN_ENDED`.
   */
  begin(owner: object | undefined): { transaction: OpenRead; own: OpenRead | undefined } {
    const { environment } = this.probe.collection;
    environment.checkOpen();
    if (!this.isOpen) throw transactionEnded();
    const given = this.#probeTransaction ?? this.#buildTransaction;
    if (given !== undefined) return { transaction: given, own: undefined };
    const own = new OpenRead(environment, this.#onEnd() === 'invalidate');
    try {
      if (owner !== undefined) environment.endIfForgotten(owner, own);
    } catch (error) {
      own.nextEnding = environment.ending;
      environment.ending = own;
      own.end();
      throw error;
    }
    return { transaction: own, own };
  }

  /** Opens a native join. */
  open(transaction: OpenRead): Handle {
    return native.joinOpen(
      transaction.handle,
      openSide(this.build, this.#buildForm, transaction),
      openSide(this.probe, this.#probeForm, transaction),
      this.#plan,
      this.#labels,
      numberOf(this.type),
      this.#maxTableBytes,
      this.name === 'mergeJoin' ? JOIN_MERGES : 0,
    );
  }

  /** Begins to iterate over the sides whose entries functions make. Undefined for a side that native code reads itself. */
  given(transaction: OpenRead): { build: GivenSide | undefined; probe: GivenSide | undefined } {
    const side = (form: GivenForm | undefined, isProbe: boolean): GivenSide | undefined =>
      form === undefined ? undefined : new GivenSide(form, isProbe, this.#maxTableBytes, transaction);
    return { build: side(this.#buildForm, false), probe: side(this.#probeForm, true) };
  }

  #onEnd(): OnEnd {
    return this.build.bounds.onEnd ?? this.probe.bounds.onEnd ?? this.probe.collection.environment.onEnd;
  }

  #checkSnapshots(): void {
    const build = this.build;
    const probe = this.probe;
    if (build.collection.environment !== probe.collection.environment) {
      throw invalidValue(`${this.name}(): the two ranges are of different environments`);
    }
    const a = this.#buildTransaction;
    const b = this.#probeTransaction;
    if (a === undefined && b === undefined) {
      const first = build.bounds.onEnd;
      const second = probe.bounds.onEnd;
      if (first !== undefined && second !== undefined && first !== second) {
        throw invalidValue(`${this.name}(): one range says onEnd '${first}' and the other '${second}'`);
      }
    }
    if (a === undefined || b === undefined || a === b || !this.isOpen) return;
    if (native.transactionId(a.handle) === native.transactionId(b.handle)) return;
    throw invalidValue(
      `${this.name}(): the two ranges stand on different snapshots of the database: make both with one transaction`,
    );
  }
}

freezeClass(JoinPlan);

interface Side {
  readonly rangeState: RangeState;
  readonly on: readonly OnPart[];
  /** Set if functions in JavaScript make the entries. Undefined for a plain range. */
  readonly form: GivenForm | undefined;
}

function readSide(side: unknown, name: string, join: string): Side {
  checkObject(side, name);
  checkOptionNames(side, ['range', 'on'], `${name} of ${join}()`);
  const { range, on } = side as { range?: unknown; on?: unknown };
  const source = new EntrySource(range, `${name}.range`);
  const { rangeState } = source;
  rangeState.collection.environment.checkOpen();
  const read = readOn(on, rangeState.collection, `${name}.on`);
  if (source.isRange) return { rangeState, on: read, form: undefined };
  const form = new GivenForm(source, read, `${name}.range`);
  return { rangeState, on: form.on, form };
}

/** Opens a cursor on a side; -1 for a side whose entries are given. */
function openSide({ collection, bounds }: RangeState, form: GivenForm | undefined, transaction: OpenRead): Handle {
  return form === undefined ? collection.openCursor(transaction, bounds, 0) : (-1 as Handle);
}

function readTransaction({ transaction, collection }: RangeState, join: string): OpenRead | undefined {
  if (transaction === undefined || !transaction.writes) return transaction as OpenRead | undefined;
  throw invalidValue(
    `${join}(): the range of ${collection.title} stands in a write transaction, where entries may move at the next write; ` +
      'join in a read transaction of its own, const txn = env.read(), which sees what was committed before',
  );
}

function numberOf(type: JoinType): number {
  switch (type) {
    case 'inner':
      return JOIN_INNER;
    case 'left':
      return JOIN_LEFT;
    case 'semi':
      return JOIN_SEMI;
    default:
      return JOIN_ANTI;
  }
}
