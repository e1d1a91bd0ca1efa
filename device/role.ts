import type { PeripheralStatus } from "../protocol/messages.ts";
import type { CommandHandlers } from "./commands.ts";

/** Tells everybody, by the device's status topic, how one of its peripherals is. */
export type Report = (peripheral: string, status: PeripheralStatus) => void;

/**
 * What a device is for. `start` subscribes and starts the peripherals, before the session starts; `stop` releases them
 * after it was called once, whatever state they are in.
 */
export interface Role {
  start(): void;
  stop(): Promise<void>;
  /** What it does when the hub asks. A role without takes commands from its session by itself. */
  commands?: CommandHandlers;
}
