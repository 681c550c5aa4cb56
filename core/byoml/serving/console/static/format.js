// Numbers as people read them.

const three = (value) => (Number.isInteger(value) ? String(value) : trimmed(value));
const trimmed = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

export const count = (value) => value.toLocaleString("en");

export function rate(value) {
  return value >= 10000 ? `${three(value / 1000)}k` : value >= 100 || Number.isInteger(value) ? count(Math.round(value)) : value.toFixed(1);
}

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  if (value < 0.001) return `${(value * 1e6).toFixed(0)} µs`;
  return value < 1 ? `${three(value * 1000)} ms` : `${three(value)} s`;
}

export function bytes(value) {
  for (const unit of ["B", "kB", "MB"]) {
    if (value < 1000) return `${unit === "B" ? value : three(value)} ${unit}`;
    value /= 1000;
  }
  return `${three(value)} GB`;
}
