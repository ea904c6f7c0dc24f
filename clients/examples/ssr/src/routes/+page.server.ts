import { error, fail, redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals: { client } }) => {
  const { status, user } = await client.session.load();
  // An outage of the service signs no user out.
  if (status === "unknown") error(503, "The service does not answer.");
  if (!user) redirect(303, "/sign-in");
  const { data, problem } = await client.listSessions({ limit: 100 });
  if (problem) error(503, problem.title);
  return { user, sessions: data.items };
};

export const actions: Actions = {
  end: async ({ request, locals: { client } }) => {
    const id = String((await request.formData()).get("id"));
    const { problem } = await client.endSession({ id });
    return problem ? fail(400, { message: problem.title }) : { message: "The session is ended." };
  },

  endOthers: async ({ locals: { client } }) => {
    const { problem } = await client.endOtherSessions();
    return problem
      ? fail(400, { message: problem.title })
      : { message: "The other sessions are ended." };
  },

  signOut: async ({ locals: { client } }) => {
    const { problem } = await client.signOut();
    if (problem) return fail(400, { message: problem.title });
    redirect(303, "/sign-in");
  },
};
