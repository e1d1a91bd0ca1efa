import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AccountForm, Managed } from "../../staff/managing.ts";
import { passwordCharsMax, passwordCharsMin } from "../../staff/password.ts";
import type { StaffAccount } from "../../staff/record.ts";
import { managedRoles, staffRoles } from "../../staff/roles.ts";
import { fieldsOf } from "../booking/forms.ts";
import { fill } from "../booking/texts.ts";
import type { StaffSite } from "./frame.ts";
import type { StaffContext } from "./layout.ts";
import { accountPage, accountsPage } from "./pages.ts";
import { passwordIn } from "./sign-in-routes.ts";

const accountsPath = "/staff/accounts";
type Named = { Params: { name: string } };

const words =
  (why: Managed) =>
  ({ texts }: StaffContext) =>
    fill(texts.managed[why], { min: passwordCharsMin, max: passwordCharsMax });

const status: Partial<Record<Managed, number>> = {
  done: 200,
  forbidden: 403,
  unknown: 404,
  taken: 409,
  "last-admin": 409,
};

/** Managers and admins add, change, lock and remove accounts. */
export function addAccountRoutes(app: FastifyInstance, site: StaffSite): void {
  const { managing, config, send, form, staff } = site;

  /** What a form says, with the name where it is not the form's to say. */
  function read(request: FastifyRequest, name?: string): AccountForm {
    const body = request.body as Record<string, unknown>;
    const { role, ...rest } = fieldsOf({ role: body?.role, name: body?.name });
    return {
      name: (name ?? rest.name ?? "").toLowerCase(),
      role: staffRoles.find((each) => each === role) ?? "clerk",
      desks: config.desks.map(({ id }) => id).filter((id) => body?.[`desk-${id}`] === "yes"),
      password: passwordIn(request, "password"),
    };
  }

  /** The account of the path, if whoever asks may manage it; undefined when the answer has been given instead. */
  function named(
    request: FastifyRequest<Named>,
    reply: FastifyReply,
  ): [by: StaffAccount, account: StaffAccount] | undefined {
    const who = site.allow(request, reply, "accounts");
    if (!who) return undefined;
    const account = staff.account(request.params.name);
    if (account && managedRoles(who.account.role).includes(account.role)) return [who.account, account];
    list(request, reply, who.account, account ? "forbidden" : "unknown");
    return undefined;
  }

  function list(
    request: FastifyRequest,
    reply: FastifyReply,
    by: StaffAccount,
    came: Managed | undefined,
    entered?: AccountForm,
  ) {
    const accounts = managing.list(by.role);
    return send(
      request,
      reply,
      (context) => {
        const said =
          came === undefined
            ? {}
            : came === "done"
              ? { notice: words(came)(context) }
              : { problem: words(came)(context) };
        return accountsPage(context, accounts, config, {
          ...said,
          ...(entered ? { entered } : {}),
          lockedOut: staff.lockedOut,
        });
      },
      came === undefined ? 200 : (status[came] ?? 400),
    );
  }

  app.get(accountsPath, (request, reply) => {
    const who = site.allow(request, reply, "accounts");
    return who
      ? list(request, reply, who.account, fieldsOf(request.query).saved === undefined ? undefined : "done")
      : reply;
  });
  const saved = (request: FastifyRequest, reply: FastifyReply) =>
    reply.redirect(`${accountsPath}?saved=yes${fieldsOf(request.query).lang === "en" ? "&lang=en" : ""}`, 303);

  app.post(accountsPath, form, async (request, reply) => {
    const who = site.allow(request, reply, "accounts");
    if (!who) return reply;
    const entered = read(request);
    const came = await managing.add(who.account, entered);
    return came === "done" ? saved(request, reply) : list(request, reply, who.account, came, entered);
  });
  app.get<Named>(`${accountsPath}/:name`, (request, reply) => {
    const found = named(request, reply);
    return found ? send(request, reply, (context) => accountPage(context, found[1], config)) : reply;
  });
  app.post<Named>(`${accountsPath}/:name`, form, async (request, reply) => {
    const found = named(request, reply);
    if (!found) return reply;
    const [by, { name }] = found;
    const came = await managing.change(by, read(request, name));
    if (came === "done") return saved(request, reply);
    const account = staff.account(name);
    if (!account) return list(request, reply, by, came);
    return send(
      request,
      reply,
      (context) => accountPage(context, account, config, words(came)(context)),
      status[came] ?? 400,
    );
  });
  const presses = {
    lock: (by: StaffAccount, name: string) => managing.lock(by, name, true),
    unlock: (by: StaffAccount, name: string) => managing.lock(by, name, false),
    remove: managing.remove,
  };
  for (const [action, press] of Object.entries(presses)) {
    app.post<Named>(`${accountsPath}/:name/${action}`, form, (request, reply) => {
      const who = site.allow(request, reply, "accounts");
      if (!who) return reply;
      const came = press(who.account, request.params.name);
      return came === "done" ? saved(request, reply) : list(request, reply, who.account, came);
    });
  }
}
