import type {
  AdminClient,
  AdminUser,
  CodeOf,
  Data,
  OperationId,
  Result,
  Webhook,
} from "../../src/admin/index.js";
import { type Client, createClient } from "../../src/index.js";

/** An operation that succeeds, and one that meets a problem. */
interface Tried<Id extends OperationId> {
  readonly works: () => Promise<Result<Id>>;
  /** What the data has; nothing where the operation answers without data. */
  readonly data?: Data<Id> extends undefined ? never : object;
  readonly fails: () => Promise<Result<Id>>;
  readonly code: CodeOf<Id>;
}

/**
 * They need a mail server that refuses mail, or signing keys in the database, which a testbed has not: the tests of
 * the service try them.
 */
type TriedElsewhere = "retryMail" | "deleteMail" | "rotateKeys" | "retireKey";

/** Every other operation of the admin API. The compiler finds the one that is missing. */
export type Operations = { readonly [Id in Exclude<OperationId, TriedElsewhere>]: Tried<Id> };

const UNKNOWN = { id: "019b7a3d-1b5c-7e08-8f4a-2d9c31e75a60" };
const PASSWORD = "correct horse battery";

/** Makes a user for each of them with the client itself. The receivers of the webhooks do not exist. */
export function operationsOf(admin: AdminClient, baseUrl: string): Operations {
  const make = admin.throwing;
  let made = 0;
  const email = (): string => `user-${++made}@example.org`;
  const user = async (): Promise<AdminUser> => (await make.createUser({ email: email() })).user;
  const disabled = async (): Promise<AdminUser> => {
    const one = await user();
    await make.disableUser({ id: one.id });
    return one;
  };
  /** One with a password and a session. */
  const person = async (): Promise<{ id: string; client: Client }> => {
    const { user, token } = await make.createUser({ email: email() });
    const client = createClient({ baseUrl, mode: "token" });
    await client.throwing.resetPassword({ token, new_password: PASSWORD });
    await client.throwing.signIn({ email: user.email, password: PASSWORD });
    return { id: user.id, client };
  };
  const webhook = async (enabled = true): Promise<Webhook> => {
    const url = "http://127.0.0.1:9/";
    return (await make.createWebhook({ url, events: ["user_deleted"], enabled })).webhook;
  };
  /** Webhooks have a limit. */
  const withWebhook = async <T>(
    work: (webhook: { id: string; version: number }) => Promise<T>,
    enabled?: boolean,
  ): Promise<T> => {
    const { id, version } = await webhook(enabled);
    try {
      return await work({ id, version });
    } finally {
      await admin.deleteWebhook({ id });
    }
  };
  const stale = async (): Promise<{ id: string; version: number }> => {
    const { id, version } = await user();
    return { id, version: version + 1 };
  };

  return {
    listUsers: {
      works: async () => {
        await user();
        return admin.listUsers({ status: "active", limit: 1 });
      },
      data: { items: [{ status: "active" }] },
      fails: () => admin.listUsers({ limit: 0 }),
      code: "validation_failed",
    },
    createUser: {
      works: () => admin.createUser({ email: email(), name: "Eve", roles: ["editor"] }),
      data: { user: { name: "Eve", roles: ["editor"] } },
      fails: async () => admin.createUser({ email: (await user()).email }),
      code: "email_taken",
    },
    getUser: {
      works: async () => admin.getUser({ id: (await user()).id }),
      data: { email_verified: false, second_factor: false },
      fails: () => admin.getUser(UNKNOWN),
      code: "not_found",
    },
    updateUser: {
      works: async () => {
        const { id, version } = await user();
        return admin.updateUser({ id, version, app_metadata: { plan: "team" } });
      },
      data: { version: 2 },
      fails: async () => admin.updateUser({ ...(await stale()), name: "Eve" }),
      code: "version_conflict",
    },
    deleteUser: {
      works: async () => {
        const { id, version } = await user();
        return admin.deleteUser({ id, version });
      },
      fails: async () => admin.deleteUser(await stale()),
      code: "version_conflict",
    },
    inviteUser: {
      works: () => admin.inviteUser({ email: email() }),
      data: { user: { roles: [] } },
      fails: async () => admin.inviteUser({ email: (await user()).email }),
      code: "email_taken",
    },
    resendInvitation: {
      works: async () => admin.resendInvitation({ id: (await user()).id }),
      data: {},
      fails: async () => admin.resendInvitation({ id: (await person()).id }),
      code: "already_signed_up",
    },
    disableUser: {
      works: async () => admin.disableUser({ id: (await person()).id }),
      data: { sessions_ended: 1 },
      fails: () => admin.disableUser(UNKNOWN),
      code: "not_found",
    },
    enableUser: {
      works: async () => admin.enableUser({ id: (await disabled()).id }),
      fails: () => admin.enableUser(UNKNOWN),
      code: "not_found",
    },
    signOutUser: {
      works: async () => admin.signOutUser({ id: (await person()).id }),
      data: { sessions_ended: 1 },
      fails: () => admin.signOutUser(UNKNOWN),
      code: "not_found",
    },
    sendUserReset: {
      works: async () => admin.sendUserReset({ id: (await user()).id }),
      fails: async () => admin.sendUserReset({ id: (await disabled()).id }),
      code: "user_disabled",
    },
    resetUserFactors: {
      works: async () => admin.resetUserFactors({ id: (await user()).id }),
      fails: () => admin.resetUserFactors(UNKNOWN),
      code: "not_found",
    },
    listUserSessions: {
      works: async () => admin.listUserSessions({ id: (await person()).id }),
      data: { items: [{ mode: "token" }] },
      fails: () => admin.listUserSessions(UNKNOWN),
      code: "not_found",
    },
    endUserSession: {
      works: async () => {
        const { client } = await person();
        return admin.endUserSession({ id: client.session.get().session?.id ?? "" });
      },
      fails: () => admin.endUserSession(UNKNOWN),
      code: "not_found",
    },
    listAuditEvents: {
      works: async () => admin.listAuditEvents({ user: (await user()).id }),
      data: { items: [{ event: "user_created" }] },
      fails: () => admin.listAuditEvents({ limit: 0 }),
      code: "validation_failed",
    },
    listWebhooks: {
      works: () => withWebhook(() => admin.listWebhooks()),
      data: { items: [{ events: ["user_deleted"], enabled: true }] },
      fails: () => admin.listWebhooks({}, { headers: { authorization: "Basic eDp5" } }),
      code: "unsupported_authorization",
    },
    createWebhook: {
      works: async () => {
        const answer = await admin.createWebhook({ url: "http://127.0.0.1:9/" });
        await admin.deleteWebhook({ id: answer.data?.webhook.id ?? "" });
        return answer;
      },
      data: { webhook: { url: "http://127.0.0.1:9/" } },
      fails: () => admin.createWebhook({ url: "no URL" }),
      code: "validation_failed",
    },
    getWebhook: {
      works: () => withWebhook(({ id }) => admin.getWebhook({ id })),
      data: { enabled: true },
      fails: () => admin.getWebhook(UNKNOWN),
      code: "not_found",
    },
    updateWebhook: {
      works: () => withWebhook((read) => admin.updateWebhook({ ...read, description: "CRM" })),
      data: { description: "CRM", version: 2 },
      fails: () =>
        withWebhook(({ id }) => admin.updateWebhook({ id, version: 9, description: "CRM" })),
      code: "version_conflict",
    },
    deleteWebhook: {
      works: () => withWebhook((read) => admin.deleteWebhook(read)),
      fails: () => withWebhook(({ id }) => admin.deleteWebhook({ id, version: 9 })),
      code: "version_conflict",
    },
    rotateWebhookSecret: {
      works: () => withWebhook(({ id }) => admin.rotateWebhookSecret({ id, overlap_seconds: 60 })),
      data: { webhook: { enabled: true } },
      fails: () => admin.rotateWebhookSecret(UNKNOWN),
      code: "not_found",
    },
    testWebhook: {
      works: () => withWebhook(({ id }) => admin.testWebhook({ id })),
      fails: () => withWebhook(({ id }) => admin.testWebhook({ id }), false),
      code: "webhook_disabled",
    },
    listWebhookDeliveries: {
      works: () =>
        withWebhook(async ({ id }) => {
          await admin.testWebhook({ id });
          return admin.listWebhookDeliveries({ id, limit: 1 });
        }),
      data: { items: [{ event: "webhook_tested" }] },
      fails: () => admin.listWebhookDeliveries(UNKNOWN),
      code: "not_found",
    },
    replayWebhook: {
      works: () => withWebhook(({ id }) => admin.replayWebhook({ id })),
      data: { replayed: 0 },
      fails: () => withWebhook(({ id }) => admin.replayWebhook({ id }), false),
      code: "webhook_disabled",
    },
    listMail: {
      works: () => admin.listMail({ status: "dead" }),
      data: { items: [] },
      fails: () => admin.listMail({ limit: 0 }),
      code: "validation_failed",
    },
    listKeys: {
      works: () => admin.listKeys(),
      data: {},
      fails: () => admin.listKeys({}, { headers: { authorization: "Basic eDp5" } }),
      code: "unsupported_authorization",
    },
    getStatistics: {
      works: () => admin.getStatistics(),
      data: { users: {}, sessions: {} },
      fails: () => admin.getStatistics({ from: "2026-01-02", to: "2026-01-01" }),
      code: "validation_failed",
    },
  };
}
