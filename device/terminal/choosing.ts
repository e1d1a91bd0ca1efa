import { refuse } from "../../protocol/errors.ts";
import { nextTicketAt } from "./limits.ts";
import { isLive, isSettling, officeNow, officeService } from "./liveness.ts";
import { goAlone } from "./paper.ts";
import { hasReserve } from "./reserve.ts";
import { enter, ignore } from "./step.ts";
import { mainLanguage, offeredLanguages } from "./texts.ts";
import { openTouch } from "./touches.ts";
import type { Input, State, Step, Touch } from "./types.ts";

/** Back to the start: the next visitor finds everything as usual. */
export function startOver(state: State): State {
  return enter({ ...state, language: mainLanguage, large: false }, { name: "choose" });
}

/** A visitor asks for a ticket. The input's id becomes the request's: one touch, one request, one ticket. */
export function takeTicket(state: State, input: Input, service: string): Step {
  const office = officeNow(state);
  const found = officeService(office, service);
  if (!found || !office) return ignore(state, input, `no such service here: ${service}`);
  if (office.emergency !== undefined) return ignore(state, input, "an emergency");
  const isAlone = !isLive(state);
  if (isSettling(state)) return ignore(state, input, "the hub was not heard yet");
  if (isAlone && !hasReserve(state, service)) return ignore(state, input, "no hub and no number in reserve");
  if (!office.open) return ignore(state, input, "the office is closed");
  const { limits } = state.settings;
  if (!found.open) {
    const { opensAt } = found;
    const error = refuse("service-closed", "the service is closed now", opensAt === undefined ? {} : { opensAt });
    return {
      state: enter(state, { name: "refused", service, error, until: input.at + limits.messageMs }),
      effects: [],
    };
  }
  const taken = state.taken[service] ?? [];
  const next = nextTicketAt(
    taken.map(({ at }) => at),
    limits,
  );
  if (input.at < next) {
    const until = Math.min(next, input.at + limits.messageMs);
    const paused = { ...state, pauses: { ...state.pauses, [service]: next } };
    return { state: enter(paused, { name: "paused", service, until }), effects: [] };
  }
  const counted = {
    ...state.taken,
    [service]: [...taken, { request: input.id, at: input.at }].slice(-limits.ticketsMax),
  };
  const touch: Touch = {
    request: input.id,
    service,
    language: state.language,
    at: input.hubTime,
    step: "sent",
    ticket: null,
    report: null,
    reserve: null,
    code: null,
    toDesk: false,
    left: false,
  };
  if (isAlone) return goAlone({ ...state, taken: counted }, touch, "the hub is away");
  const until = input.at + limits.answerTimeoutMs;
  return openTouch(enter({ ...state, taken: counted }, { name: "asking", request: input.id, service, until }), touch);
}

export function chooseLanguage(state: State, input: Input, language: string): Step {
  const known = state.office && offeredLanguages(state.settings.languages, state.office).includes(language);
  if (!known) return ignore(state, input, `no such language here: ${language}`);
  return { state: { ...state, language }, effects: [] };
}
