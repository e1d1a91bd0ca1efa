import type { Display, DisplayCall, Office, Queue } from "../../protocol/messages.ts";

export const boardLimits = {
  /** No beat for so long: what is shown may be old, and the board says so. */
  notLiveMs: 10_000,
  /** Each call has the board to itself for at least so long. */
  announceMs: 4000,
  /** Three slow flashes of one second each. */
  flashMs: 3000,
  /** What the board finds on starting or connecting again is announced only if it was called within this time. */
  freshMs: 30_000,
  /** Announcements that may wait; beyond it the oldest are only shown. */
  announcementsMax: 100,
};

export interface Announcement {
  call: string;
  count: number;
  number: string;
  desk: string;
  deskName: string;
}

/** What a board needs to know of the office. */
export type BoardOffice = Pick<Office, "name" | "languages" | "timeZone" | "emergency">;

/** Instants are milliseconds since the device was switched on, unless they say that they are by the hub's clock. */
export interface BoardState {
  now: number;
  beatAt: number;
  /** The hub's clock minus ours; undefined while nobody knows the time. */
  hubAheadMs: number | undefined;
  /** A beat told it, since the device was switched on; else our own time of day stands in. */
  isHubTime: boolean;
  /** A beat has come since the connection stands: the hub's clock may have been set while it was down. */
  isTimeSure: boolean;
  epoch: number | undefined;
  revision: number;
  calls: readonly DisplayCall[];
  message: string | null;
  /** When the hub last stood by what is told here, by its clock; undefined if it never was heard beside it. */
  toldAt: number | undefined;
  office: BoardOffice | undefined;
  /** As last told of each service; a broker may have kept some of services that there are no more. */
  queues: ReadonlyMap<string, Queue>;
  /** The ids of the office's services; undefined until the hub or its broker has told them. */
  services: readonly string[] | undefined;
  /** It is not known yet that this is the hub's display: the next one may tell what happened while nobody listened. */
  isCatchingUp: boolean;
  /** Calls found on catching up whose age cannot be told before a beat brings the hub's time. */
  undated: readonly DisplayCall[];
  waiting: readonly Announcement[];
  current: (Announcement & { since: number }) | undefined;
  /** Somebody asked which board this is: it flashes without a gong. */
  identifiedAt: number | undefined;
}

/** What a board keeps over a restart, its own or the whole machine's. */
export interface BoardKept {
  display: Display;
  office?: BoardOffice | undefined;
  /** Calls of the display whose announcement has not begun. */
  unannounced: { call: string; count: number }[];
  /** As in the board's state. */
  toldAt?: number | undefined;
  /** The hub's clock minus the time since the machine was switched on; undefined if no beat has come since. */
  hubAheadMs?: number | undefined;
}
