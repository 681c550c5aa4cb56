// What /metrics says, as numbers, and what changed between two looks.

export const PHASES = ["queue", "decode", "predict", "encode"];

/** Read Prometheus' text into a list of {name, labels, value}. */
export function parse(text) {
  const series = [];
  for (const line of text.split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    series.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return series;
}

/** Pick out of one look what the page shows. */
export function digest(series, time) {
  const all = (name) => series.filter((each) => each.name === name);
  const sum = (name) => all(name).reduce((total, each) => total + each.value, 0);
  const buckets = all("byoml_request_seconds_bucket").map((each) => [
    each.labels.le === "+Inf" ? Infinity : Number(each.labels.le),
    each.value,
  ]);
  const memory = {};
  for (const each of all("byoml_memory_bytes")) memory[each.labels.process] = each.value;
  const phases = {};
  for (const phase of PHASES) {
    const of = (name) => all(name).find((each) => each.labels.phase === phase)?.value ?? 0;
    phases[phase] = { sum: of("byoml_phase_seconds_sum"), count: of("byoml_phase_seconds_count") };
  }
  return {
    time,
    requests: sum("byoml_requests_total"),
    errors: sum("byoml_errors_total"),
    inFlight: sum("byoml_in_flight"),
    queued: sum("byoml_queue_depth"),
    workers: sum("byoml_workers"),
    restarts: sum("byoml_worker_restarts_total"),
    memoryTotal: sum("byoml_memory_total_bytes"),
    loads: all("byoml_model_load_seconds").map((each) => each.value),
    memory,
    buckets,
    phases,
  };
}

/** Estimate a quantile of the requests between two looks; null where there were none. */
export function quantile(before, after, share) {
  const counts = after.buckets.map(([bound, count], at) => [bound, count - (before?.buckets[at]?.[1] ?? 0)]);
  const wanted = share * (counts.at(-1)?.[1] ?? 0);
  if (!wanted) return null;
  let below = 0;
  let floor = 0;
  for (const [bound, count] of counts) {
    if (count >= wanted) {
      if (bound === Infinity) return floor;
      return floor + ((bound - floor) * (wanted - below)) / (count - below);
    }
    below = count;
    floor = bound;
  }
  return floor;
}
