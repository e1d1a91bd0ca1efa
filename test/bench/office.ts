import { hashPassword } from "../../hub/accounts.ts";

/** The office that is measured: three services, never closed, six digits, and an account for whoever makes load. */

export const site = "bench";
export const password = "demo";
export const deskUser = "desk-1";
export const boardUser = "board-1";
export const desk = "1";
export const services = ["id-card", "registration", "pick-up"] as const;

export const terminalUsers = (count: number) => Array.from({ length: count }, (_, index) => `terminal-${index}`);

/** The hub's configuration file; one hash serves all accounts, as they have one password. */
export async function officeConfig(terminals: number, data: string, mqtt: object): Promise<object> {
  const passwordHash = await hashPassword(password);
  return {
    site,
    name: "Bürgerbüro",
    openingHours: "24/7",
    numberDigits: 6,
    services: services.map((id, index) => ({ id, letter: "ABC"[index], names: { de: id }, minutes: 10 })),
    desks: [{ id: desk, name: "Platz 1", services: [...services] }],
    boards: [{ group: "all", name: "Wartebereich" }],
    users: [
      ...terminalUsers(terminals).map((name) => ({ name, role: "terminal", passwordHash })),
      { name: deskUser, role: "desk", desks: [desk], passwordHash },
      { name: boardUser, role: "board", passwordHash },
    ],
    http: { port: 0 },
    data,
    mqtt,
  };
}
