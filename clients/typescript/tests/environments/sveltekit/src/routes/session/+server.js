import { redirect } from "@sveltejs/kit";

export async function POST({ request, locals }) {
  const { problem } = await locals.client.signIn(Object.fromEntries(await request.formData()));
  if (problem) return new Response(problem.title, { status: problem.status });
  redirect(303, "/");
}

export async function DELETE({ locals }) {
  await locals.client.signOut();
  return new Response(null, { status: 204 });
}
