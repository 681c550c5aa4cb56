// The page: once a second it looks at /metrics, and draws what changed.

import { start } from "./ask.js";
import { Chart } from "./chart.js";
import { bytes, count, rate, seconds } from "./format.js";
import { PHASES, digest, parse, quantile } from "./metrics.js";

const EVERY = 1000;
const find = (id) => document.getElementById(id);
const set = (id, text) => (find(id).textContent = text);
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

const rates = new Chart(find("chart-rate"), [{ key: "rate", name: "requests a second" }], rate, 1);
const latencies = new Chart(
  find("chart-latency"),
  [
    { key: "p50", name: "median" },
    { key: "p99", name: "99th percentile" },
  ],
  seconds,
  0.001,
);
let before = null;

async function look() {
  try {
    const [ping, metrics] = await Promise.all([fetch("ping"), fetch("metrics").then((answer) => answer.text())]);
    ready(ping.ok ? "good" : "warn", ping.ok ? "ready" : "loading the model");
    const now = digest(parse(metrics), performance.now() / 1000);
    numbers(now);
    if (before) changes(before, now);
    before = now;
  } catch {
    ready("bad", "not reachable");
  }
}

function ready(kind, text) {
  find("ready").className = `pill ${kind}`;
  if (find("ready-text").textContent !== text) set("ready-text", text);
}

function numbers(now) {
  set("n-requests", count(now.requests));
  set("n-errors", now.errors ? `${plural(now.errors, "error")}` : "no errors");
  set("n-queue", count(now.queued));
  set("n-flight", `${count(now.inFlight)} in flight`);
  set("n-workers", count(now.workers));
  set("n-restarts", now.restarts ? plural(now.restarts, "restart") : "no restarts");
  set("n-memory", bytes(now.memoryTotal));
  const each = Object.entries(now.memory).filter(([process]) => process.startsWith("worker"));
  set("n-memory-each", each.length ? `${bytes(Math.max(...each.map(([, size]) => size)))} a worker` : "");
  set("n-load", now.loads.length ? seconds(Math.max(...now.loads)) : "loading");
  phases(now);
}

function changes(last, now) {
  const perSecond = Math.max(0, now.requests - last.requests) / (now.time - last.time);
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(last, now, share));
  rates.add({ time: now.time, rate: perSecond });
  latencies.add({ time: now.time, p50, p99 });
  set("n-rate", rate(perSecond));
  // While nothing is asked, the tile keeps what was true of all requests so far.
  const [whole50, whole99] = p50 === null ? [0.5, 0.99].map((share) => quantile(null, now, share)) : [p50, p99];
  set("n-p50", seconds(whole50));
  set("n-p99", whole99 === null ? "no requests yet" : `p99 ${seconds(whole99)}`);
}

function phases(now) {
  const means = PHASES.map((phase) => [phase, now.phases[phase].count ? now.phases[phase].sum / now.phases[phase].count : 0]);
  const total = means.reduce((sum, [, mean]) => sum + mean, 0);
  find("phases").hidden = find("phase-legend").hidden = !total;
  if (!total) return;
  set("phases-text", `An average request since the start: ${seconds(total)} from the queue to the encoded answer.`);
  find("phases").replaceChildren(
    ...means.map(([phase, mean]) => {
      const part = document.createElement("span");
      part.className = phase;
      part.style.flexGrow = mean / total;
      return part;
    }),
  );
  find("phase-legend").replaceChildren(
    ...means.map(([phase, mean]) => {
      const item = document.createElement("li");
      item.className = `key ${phase}`;
      item.textContent = `${phase} ${seconds(mean)} (${((100 * mean) / total).toFixed(0)} %)`;
      return item;
    }),
  );
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, EVERY);
}

start();
watch();
