import { isVerb } from "../../protocol/requests.ts";
import type { Incoming } from "../requests.ts";
import type { Store } from "../store/store.ts";
import type { Family, Histogram, Sample } from "./exposition.ts";
import { createHistogram } from "./exposition.ts";

/** From half a millisecond, on a good disk, to what a clerk takes for a failure; in seconds. */
const latencyBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What is counted while the hub works, as nothing else remembers it. */
export interface Meters {
  /** The request, with its answer counted by verb and outcome when it is given. */
  request(incoming: Incoming): Incoming;
  /** The store, with its commits timed. */
  store(store: Store): Store;
  families(): Family[];
}

/** @param now a clock that only goes forward, in milliseconds. */
export function createMeters(now: () => number): Meters {
  const answers = new Map<string, Sample & { labels: { verb: string; outcome: string } }>();
  const latencies = new Map<string, Histogram>();
  const commits = createHistogram(latencyBounds);
  let failedCommits = 0;

  function answered(verb: string, outcome: string, seconds: number): void {
    const key = `${verb}/${outcome}`;
    const sample = answers.get(key) ?? { labels: { verb, outcome }, value: 0 };
    sample.value += 1;
    answers.set(key, sample);
    const histogram = latencies.get(verb) ?? createHistogram(latencyBounds);
    latencies.set(verb, histogram);
    histogram.observe(seconds);
  }

  return {
    request(incoming) {
      const begun = now();
      // What somebody invents must not become a name that is kept for ever.
      const verb = isVerb(incoming.verb) ? incoming.verb : "unknown";
      return {
        ...incoming,
        respond(reply, to) {
          answered(verb, reply.ok ? "ok" : reply.error.code, (now() - begun) / 1000);
          incoming.respond(reply, to);
        },
      };
    },
    store(store) {
      return {
        ...store,
        commit(changes) {
          const begun = now();
          try {
            store.commit(changes);
          } catch (error) {
            failedCommits += 1;
            throw error;
          }
          commits.observe((now() - begun) / 1000);
        },
      };
    },
    families: () => [
      {
        name: "wartemarke_requests_total",
        help: "Requests that were answered, by verb and by outcome: ok or an error code.",
        type: "counter",
        samples: [...answers.values()],
      },
      {
        name: "wartemarke_request_duration_seconds",
        help: "From the arrival of a request to its answer, which comes after the commit.",
        type: "histogram",
        samples: [...latencies].map(([verb, histogram]) => ({ labels: { verb }, histogram })),
      },
      {
        name: "wartemarke_commit_duration_seconds",
        help: "One transaction, until it is durable on the disk.",
        type: "histogram",
        samples: [{ histogram: commits }],
      },
      {
        name: "wartemarke_commits_failed_total",
        help: "Transactions that the disk or the database did not take.",
        type: "counter",
        samples: [{ value: failedCommits }],
      },
    ],
  };
}
