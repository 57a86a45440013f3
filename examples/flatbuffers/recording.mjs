// The output of `flatc --ts` for recording.fbs, as plain JavaScript.
import { Builder, ByteBuffer } from 'flatbuffers';

export class Recording {
  bb = null;
  bb_pos = 0;

  __init(position, buffer) {
    this.bb_pos = position;
    this.bb = buffer;
    return this;
  }

  static getRootAsRecording(buffer, recording = new Recording()) {
    return recording.__init(buffer.readInt32(buffer.position()) + buffer.position(), buffer);
  }

  station() {
    const offset = this.bb.__offset(this.bb_pos, 4);
    return offset ? this.bb.__string(this.bb_pos + offset) : null;
  }

  started() {
    const offset = this.bb.__offset(this.bb_pos, 6);
    return offset ? this.bb.readInt64(this.bb_pos + offset) : 0n;
  }

  rate() {
    const offset = this.bb.__offset(this.bb_pos, 8);
    return offset ? this.bb.readFloat64(this.bb_pos + offset) : 0;
  }

  samples(index) {
    const offset = this.bb.__offset(this.bb_pos, 10);
    return offset ? this.bb.readFloat32(this.bb.__vector(this.bb_pos + offset) + index * 4) : 0;
  }

  samplesLength() {
    const offset = this.bb.__offset(this.bb_pos, 10);
    return offset ? this.bb.__vector_len(this.bb_pos + offset) : 0;
  }

  samplesArray() {
    const offset = this.bb.__offset(this.bb_pos, 10);
    if (!offset) return null;
    const bytes = this.bb.bytes();
    const start = bytes.byteOffset + this.bb.__vector(this.bb_pos + offset);
    return new Float32Array(bytes.buffer, start, this.bb.__vector_len(this.bb_pos + offset));
  }

  static createSamplesVector(builder, data) {
    builder.startVector(4, data.length, 4);
    for (let i = data.length - 1; i >= 0; i--) builder.addFloat32(data[i]);
    return builder.endVector();
  }

  static createRecording(builder, stationOffset, started, rate, samplesOffset) {
    builder.startObject(4);
    builder.addFieldOffset(0, stationOffset, 0);
    builder.addFieldInt64(1, started, 0n);
    builder.addFieldFloat64(2, rate, 0);
    builder.addFieldOffset(3, samplesOffset, 0);
    return builder.endObject();
  }
}

/** The bytes of a Recording. */
export function encodeRecording({ station, started, rate, samples }) {
  const builder = new Builder(1024 + samples.length * 4);
  const stationOffset = builder.createString(station);
  const samplesOffset = Recording.createSamplesVector(builder, samples);
  builder.finish(Recording.createRecording(builder, stationOffset, started, rate, samplesOffset));
  return builder.asUint8Array();
}

/** A Recording over its bytes. Nothing is read yet. */
export function decodeRecording(bytes) {
  return Recording.getRootAsRecording(new ByteBuffer(bytes));
}
