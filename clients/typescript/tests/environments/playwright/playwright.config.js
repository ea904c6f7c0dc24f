export default {
  reporter: "line",
  use: {
    launchOptions: { executablePath: process.env.CHROMIUM_BIN, args: ["--no-sandbox"] },
  },
};
