// Stories in a real browser against a running product:
//   TANDEM_URL         the console and API (default http://127.0.0.1:8080)
//   SIMULATOR_URL      the phones and the demo shop (default http://127.0.0.1:8090)
//   TANDEM_CHROMIUM    the browser to use; without it Playwright's own
import { defineConfig } from "@playwright/test";

const chromium = process.env.TANDEM_CHROMIUM;

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // The stories share one account: one agent's chats would be another story's trouble.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  reporter: [["list"]],
  use: {
    baseURL: process.env.TANDEM_URL ?? "http://127.0.0.1:8080",
    viewport: { width: 1360, height: 800 },
    locale: "en-US",
    trace: "retain-on-failure",
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    },
  },
});
