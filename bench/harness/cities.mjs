// The records of the suite `fields`, defined once: record `index` has these fields, in every driver and on every machine.
import { mix } from './records.mjs';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const COUNTRIES = ['FR', 'DE', 'IT', 'ES', 'PL', 'SE', 'JP', 'BR', 'IN', 'CN', 'US', 'EG', 'NG', 'MX', 'VN', 'ID'];

const ZONES = ['Europe/Paris', 'Europe/Berlin', 'Asia/Tokyo', 'America/Sao_Paulo', 'Africa/Cairo', 'America/New_York'];

/** 8 to 16 letters. */
function nameOf(index) {
  let seed = mix(index + 1);
  let name = '';
  for (let left = 8 + (seed % 9); left > 0; left--) {
    seed = mix(seed + left);
    name += ALPHABET[seed % 26];
  }
  return name;
}

/** A city: ten fields. */
export function cityOf(index) {
  const noise = mix(index);
  return {
    id: index,
    name: nameOf(index),
    country: COUNTRIES[noise & 15],
    population: mix(noise) % 30_000_000,
    lat: (mix(noise + 1) % 18_000_001) / 100_000 - 90,
    lon: (mix(noise + 2) % 36_000_001) / 100_000 - 180,
    elevation: (noise % 5_000) - 400,
    capital: noise % 97 === 0,
    founded: new Date((mix(noise + 3) % 3_000_000) * 86_400 - 1e12),
    timezone: ZONES[mix(noise + 4) % ZONES.length],
  };
}

/** The types of its fields, for leasehold's struct; `t` is what makes them. */
export function cityFields(t) {
  return {
    id: t.u32,
    name: t.utf8,
    country: t.utf8,
    population: t.u32,
    lat: t.f64,
    lon: t.f64,
    elevation: t.i16,
    capital: t.bool,
    founded: t.date,
    timezone: t.utf8,
  };
}

/**
 * How many fields a record of the workload `field-position` has, and how many such records there are. All records fit
 * into the processor's caches: otherwise it would cost more or less to fetch the line of the first field than that of the
 * last.
 */
const WIDTH = 40;
export const WIDE_RECORDS = 2_000;
const TEXTS = 3;

/** The fields of a wide record: numbers, and a text at every third place. */
export const wideFields = Array.from({ length: WIDTH }, (_, i) => ({
  name: `field${i + 1}`,
  text: i % TEXTS === TEXTS - 1,
}));

export function wideOf(index) {
  const record = {};
  for (const [i, { name, text }] of wideFields.entries()) {
    // The first and the last are the same number: their sums must agree.
    record[name] = text ? nameOf(index + i) : i === 0 || i === WIDTH - 1 ? mix(index) : mix(index * WIDTH + i);
  }
  return record;
}
