// What is installed lies elsewhere than the app.
export default { turbopack: { root: "/" } };
