import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Linked, Outcome } from "../../booking.ts";
import type { Submitted } from "../../handler.ts";
import type { AppointmentNotice } from "./appointment-pages.ts";
import { appointmentPage, cancelPage, dataPage, findPage, movePage, paragraphsPage } from "./appointment-pages.ts";
import { daysShown, pagesAround, refusalText } from "./book-routes.ts";
import { todayIn } from "./dates.ts";
import { fieldsOf, firstDayIn, timeIn } from "./forms.ts";
import type { Site } from "./frame.ts";

/** Characters of a link's secret; a longer one is none. */
const linkCharsMax = 64;

type Params = { Params: { link: string } };
type Found = Extract<Linked, { found: true }>;

/** The store took nothing just now. */
const isUndone = (done: Outcome | Submitted<undefined>) => !done.ok && done.error.code === "unavailable";

/** What a link in a mail leads to. Mail scanners open every link: only a POST from a button changes anything. */
export function addAppointmentRoutes(app: FastifyInstance, site: Site): void {
  const { booking, config, now } = site;
  const findLinked = (link: string): Linked => (link.length > linkCharsMax ? { found: false } : booking.find(link));
  const base = (request: FastifyRequest<Params>) => `/appointment/${request.params.link}`;

  const show = (request: FastifyRequest<Params>, reply: FastifyReply, notice: AppointmentNotice = {}, code = 200) => {
    const { link } = request.params;
    const linked = findLinked(link);
    // A choice of language leads to the start, so that the secret stands in no more places than it must.
    const context = { ...site.context(request), here: base(request) };
    void reply.header("x-robots-tag", "noindex");
    const page = appointmentPage(context, linked, { link, csrf: site.token(reply), ...notice });
    return site.send(request, reply, page, linked.found ? code : 404);
  };

  /** Nothing has happened, and the page as it stands would not say so. */
  const showUndone = (request: FastifyRequest<Params>, reply: FastifyReply) =>
    show(request, reply, { problem: site.context(request).texts.errors.unavailable }, 503);

  /** Goes on with an appointment that can still be changed; anything else is shown as it stands. */
  const withOpen = (
    request: FastifyRequest<Params>,
    reply: FastifyReply,
    standings: Found["standing"][],
    use: (linked: Found) => unknown,
  ) => {
    const linked = findLinked(request.params.link);
    if (!linked.found || !standings.includes(linked.standing)) return show(request, reply);
    void reply.header("x-robots-tag", "noindex");
    return use(linked);
  };

  app.get<Params>("/appointment/:link", (request, reply) => {
    const { said } = fieldsOf(request.query);
    const standing = findLinked(request.params.link);
    const isConfirmed = standing.found && standing.standing === "confirmed";
    return show(request, reply, isConfirmed && (said === "confirmedNow" || said === "moved") ? { said } : {});
  });

  app.post<Params>("/appointment/:link/confirm", site.form, async (request, reply) => {
    const before = findLinked(request.params.link);
    const done = await booking.confirm(request.params.link);
    if (isUndone(done)) return showUndone(request, reply);
    if (!done.ok) return show(request, reply, {}, 409);
    const isNew = before.found && before.standing === "reserved";
    return reply.redirect(
      `${base(request)}?lang=${site.context(request).language}${isNew ? "&said=confirmedNow" : ""}`,
      303,
    );
  });

  app.get<Params>("/appointment/:link/cancel", (request, reply) =>
    withOpen(request, reply, ["reserved", "confirmed"], (linked) =>
      site.send(request, reply, cancelPage(site.context(request), linked, request.params.link, site.token(reply))),
    ),
  );

  app.post<Params>("/appointment/:link/cancel", site.form, async (request, reply) => {
    if (isUndone(await booking.cancel(request.params.link))) return showUndone(request, reply);
    return reply.redirect(`${base(request)}?lang=${site.context(request).language}`, 303);
  });

  const showTimes = (request: FastifyRequest<Params>, reply: FastifyReply, linked: Found, problem?: string) => {
    const { link } = request.params;
    const context = site.context(request);
    const wanted = firstDayIn(fieldsOf(request.query));
    const around = pagesAround(wanted, todayIn(config.timeZone, now()), booking.daysAhead ?? 0);
    const page = (date: string | undefined) => date && `${base(request)}/move?lang=${context.language}&from=${date}`;
    const { appointment } = linked;
    const days = booking
      .offer(appointment.services, around.first, daysShown, appointment)
      .map((day) => ({ ...day, times: day.times.filter((at) => at !== appointment.at) }));
    const view = { days, earlier: page(around.earlier), later: page(around.later), problem };
    const code = problem === undefined ? 200 : 409;
    return site.send(request, reply, movePage(context, linked, { link, csrf: site.token(reply), ...view }), code);
  };

  app.get<Params>("/appointment/:link/move", (request, reply) =>
    withOpen(request, reply, ["confirmed"], (linked) => showTimes(request, reply, linked)),
  );

  app.post<Params>("/appointment/:link/move", site.form, async (request, reply) => {
    const at = timeIn(fieldsOf(request.body));
    const context = site.context(request);
    if (at === undefined) return reply.redirect(`${base(request)}/move?lang=${context.language}`, 303);
    const done = await booking.move(request.params.link, at);
    if (done.ok) return reply.redirect(`${base(request)}?lang=${context.language}&said=moved`, 303);
    return withOpen(request, reply, ["confirmed"], (linked) =>
      showTimes(request, reply, linked, refusalText(context, done.error)),
    );
  });

  const known: Found["standing"][] = ["reserved", "confirmed", "checked-in", "missed", "past"];
  app.get<Params>("/appointment/:link/data", (request, reply) =>
    withOpen(request, reply, known, () => {
      const { link } = request.params;
      return site.send(request, reply, dataPage(site.context(request), booking.person(link), link, site.token(reply)));
    }),
  );

  app.get<Params>("/appointment/:link/data.json", (request, reply) =>
    withOpen(request, reply, known, ({ appointment }) => {
      const { id, at, until, services, state, language } = appointment;
      const times = { at: new Date(at).toISOString(), until: new Date(until).toISOString() };
      const data = {
        reference: id,
        ...times,
        services,
        state,
        language,
        person: booking.person(request.params.link) ?? null,
      };
      return reply
        .header("cache-control", "no-store")
        .header("content-disposition", 'attachment; filename="data.json"')
        .type("application/json; charset=utf-8")
        .send(JSON.stringify(data, null, 2));
    }),
  );

  app.post<Params>("/appointment/:link/erase", site.form, async (request, reply) => {
    if (isUndone(await booking.erase(request.params.link))) return showUndone(request, reply);
    return reply.redirect(`${base(request)}?lang=${site.context(request).language}`, 303);
  });

  app.get("/my-booking", (request, reply) =>
    site.send(
      request,
      reply,
      findPage(site.context(request), site.token(reply), fieldsOf(request.query).sent === "yes" ? "sent" : undefined),
    ),
  );

  app.post("/my-booking", site.form, async (request, reply) => {
    const reference = fieldsOf(request.body).booking?.toLowerCase().replaceAll(/[\s-]/g, "") ?? "";
    if (isUndone(await booking.sendLink(reference))) {
      return site.send(request, reply, findPage(site.context(request), site.token(reply), "unavailable"), 503);
    }
    return reply.redirect(`/my-booking?lang=${site.context(request).language}&sent=yes`, 303);
  });

  for (const name of ["imprint", "privacy"] as const) {
    app.get(`/${name}`, (request, reply) => {
      const { texts, language } = site.context(request);
      const written = config.town[name].map((paragraph) => paragraph[language] ?? paragraph.de);
      const missing = name === "imprint" ? texts.noImprint : texts.noPrivacy;
      return site.send(request, reply, paragraphsPage(texts[name], written.length > 0 ? written : [missing]));
    });
  }
}
