export async function load({ locals }) {
  const { user } = await locals.client.session.load();
  return { user };
}
