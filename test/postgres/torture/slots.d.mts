export declare class Slots {
  static make(path: string): Slots;
  constructor(path: string);
  era(): number;
  nextEra(): void;
}
