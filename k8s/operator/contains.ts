import { isObject } from './merge.ts';

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * Whether an object of the cluster has everything that is wanted. Further fields are ignored: the API server fills in defaults, and
 * other controllers add fields. Items of a list are matched by the fields they must have, in their order, so additional items do not
 * matter. CPU and memory quantities may be in another notation: `1000m` equals `1`.
 */
export function contains(actual: unknown, wanted: unknown, isQuantity = false): boolean {
  // The API server omits empty lists and objects.
  if (actual === undefined && isEmpty(wanted)) return true;
  if (Array.isArray(wanted)) return Array.isArray(actual) && holdsInOrder(actual, wanted);
  if (isObject(wanted)) {
    return (
      isObject(actual) &&
      Object.entries(wanted).every(([key, value]) =>
        contains(actual[key], value, key === 'requests' || key === 'limits' || (isQuantity && !isObject(value))),
      )
    );
  }
  return actual === wanted || (isQuantity && sameQuantity(actual, wanted));
}

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) || isObject(value)) && Object.keys(value).length === 0;
}

function holdsInOrder(actual: readonly unknown[], wanted: readonly unknown[]): boolean {
  let from = 0;
  for (const item of wanted) {
    const at = actual.findIndex((candidate, index) => index >= from && contains(candidate, item));
    if (at === -1) return false;
    from = at + 1;
  }
  return true;
}

function sameQuantity(a: unknown, b: unknown): boolean {
  const [one, other] = [quantityOf(a), quantityOf(b)];
  return one !== undefined && other !== undefined && Math.abs(one - other) <= 1e-9 * Math.max(one, other);
}

function quantityOf(text: unknown): number | undefined {
  const [, digits, suffix = ''] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const unit = UNITS[suffix];
  return digits === undefined || unit === undefined ? undefined : Number(digits) * unit;
}
