import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ProtocolError } from "../../../protocol/errors.ts";
import type { BookedService } from "../../office/appointments/record.ts";
import { donePage, personPage, serviceQuery, servicesPage, timesPage } from "./book-pages.ts";
import { todayIn } from "./dates.ts";
import type { Fields } from "./forms.ts";
import { chosenServices, fieldsOf, firstDayIn, readPerson, referenceIn, timeIn } from "./forms.ts";
import type { Site } from "./frame.ts";
import type { PageContext } from "./layout.ts";

/** Days of one page of times. */
export const daysShown = 14;
const dayMs = 86_400_000;

/** Crockford's base 32, as in booking references. */
const letters = "0123456789abcdefghjkmnpqrstvwxyz";
const newReference = () => [...randomBytes(10)].map((byte) => letters[byte % letters.length]).join("");

/** The dates on which the pages before and behind this one begin; undefined where there is nothing. */
export function pagesAround(from: string | undefined, today: string, daysAhead: number) {
  const shift = (date: string, days: number) =>
    new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
  const first = from !== undefined && from > today ? from : today;
  const before = shift(first, -daysShown);
  const behind = shift(first, daysShown);
  return {
    first,
    earlier: first > today ? (before > today ? before : today) : undefined,
    later: behind <= shift(today, daysAhead) ? behind : undefined,
  };
}

/** Why a booking was not taken, in the visitor's words. */
export function refusalText({ texts }: PageContext, error: ProtocolError): string {
  const { errors } = texts;
  if (error.code === "slot-taken") return errors.taken;
  if (error.code === "closed" || error.code === "too-late") return errors.closed;
  if (error.code === "unavailable") return errors.unavailable;
  if (error.code === "id-reused") return errors.again;
  if (error.code !== "full") return errors.other;
  const limit = String(error.limit);
  return limit === "address" || limit === "network" || limit === "unconfirmed" ? errors[limit] : errors.other;
}

/** The way to a reservation: services, time, person, done. */
export function addBookRoutes(app: FastifyInstance, site: Site): void {
  const { booking, config, now } = site;
  const telephoneOptional = config.appointments?.telephoneOptional ?? false;
  const offered = config.services.filter(({ bookable }) => bookable).map(({ id }) => id);

  app.get("/", (request, reply) =>
    site.send(request, reply, servicesPage(site.context(request), fieldsOf(request.query))),
  );

  /** The chosen services, or the first page again with what is wrong. */
  function servicesIn(request: FastifyRequest, reply: FastifyReply, fields: Fields): BookedService[] | undefined {
    const services = chosenServices(fields, offered);
    if (services && services.length > 0) return services;
    const problem = services ? "choose" : "tooMany";
    void site.send(request, reply, servicesPage(site.context(request), fields, problem), 400);
    return undefined;
  }

  app.get("/book/times", (request, reply) => {
    const context = site.context(request);
    const fields = fieldsOf(request.query);
    const services = servicesIn(request, reply, fields);
    if (!services) return reply;
    const today = todayIn(config.timeZone, now());
    const { first, earlier, later } = pagesAround(firstDayIn(fields), today, booking.daysAhead ?? 0);
    const page = (from: string | undefined) =>
      from &&
      `/book/times?${new URLSearchParams([...serviceQuery(services, context.language), ["from", from]]).toString()}`;
    const days = booking.offer(services, first, daysShown);
    return site.send(
      request,
      reply,
      timesPage(context, services, { days, earlier: page(earlier), later: page(later) }),
    );
  });

  app.get("/book/person", (request, reply) => {
    const fields = fieldsOf(request.query);
    const services = servicesIn(request, reply, fields);
    if (!services) return reply;
    const context = site.context(request);
    const at = timeIn(fields);
    if (at === undefined)
      return reply.redirect(`/book/times?${serviceQuery(services, context.language).toString()}`, 303);
    const csrf = site.token(reply);
    const view = { services, at, booking: newReference(), csrf, fields: {}, telephoneOptional, wrong: [] };
    return site.send(request, reply, personPage(context, view));
  });

  app.post("/book", site.form, async (request, reply) => {
    const context = site.context(request);
    const fields = fieldsOf(request.body);
    const services = servicesIn(request, reply, fields);
    if (!services) return reply;
    const at = timeIn(fields);
    const wanted = timeIn(fields, "wanted");
    const reference = referenceIn(fields);
    if ((at ?? wanted) === undefined || reference === undefined) {
      return reply.redirect(`/book/times?${serviceQuery(services, context.language).toString()}`, 303);
    }
    const again = { services, at, booking: reference, fields, telephoneOptional };
    const insteadOf = (gone: number, text: string) => ({
      at: undefined,
      instead: { wanted: gone, times: booking.nearest(services, gone), text },
    });
    const read = readPerson(fields, telephoneOptional, now());
    if (!read.ok || at === undefined) {
      const wrong = read.ok ? [] : read.wrong;
      const unchosen = at === undefined && wanted !== undefined ? insteadOf(wanted, context.texts.errors.time) : {};
      const view = { ...again, ...unchosen, csrf: site.token(reply), wrong };
      return site.send(request, reply, personPage(context, view), 400);
    }
    const { person, reminder } = read;
    const { language } = context;
    const done = await booking.reserve({ id: reference, services, at, person, language, reminder, ip: request.ip });
    if (done.ok) {
      const query = new URLSearchParams({ lang: language, until: String(done.appointment.confirmBy) });
      return reply.redirect(`/book/done?${query.toString()}`, 303);
    }
    const text = refusalText(context, done.error);
    const isGone = ["slot-taken", "closed", "too-late"].includes(done.error.code);
    const refusal = isGone ? insteadOf(at, text) : { refused: text };
    // What was put right after a form had been sent is a booking of its own.
    const name = done.error.code === "id-reused" ? { booking: newReference() } : {};
    const view = { ...again, ...refusal, ...name, csrf: site.token(reply), wrong: [] };
    return site.send(request, reply, personPage(context, view), 409);
  });

  app.get("/book/done", (request, reply) => {
    const until = Number(fieldsOf(request.query).until);
    if (!Number.isSafeInteger(until) || Math.abs(until - now()) > dayMs) return reply.redirect("/", 303);
    return site.send(request, reply, donePage(site.context(request), until));
  });
}
