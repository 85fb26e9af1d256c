// How routing is set up, by people who have read nothing about it.

import { type APIRequestContext, expect, type Page, test } from "@playwright/test";
import { picture } from "./people";

const password = "tandem-demo";

async function signIn(page: Page, email: string, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByTestId("login-email").fill(email);
  await page.getByTestId("login-password").fill(password);
  await page.getByTestId("login-submit").click();
  await expect(page.getByTestId("me-menu")).toBeVisible();
}

const DESK = "Story desk";

interface Queue {
  id: string;
  name: string;
}

/** A queue of the stories' own, without rules, so that the other stories keep theirs. Queues can't be removed: it is used again. */
async function plainQueue(api: APIRequestContext): Promise<Queue> {
  const path = "/api/v1/settings/queues";
  const { items } = (await (await api.get(path)).json()) as { items: Queue[] };
  const made = async () => (await (await api.post(path, { data: { name: DESK, priority: 5 } })).json()) as Queue;
  const queue = items.find(({ name }) => name === DESK) ?? (await made());
  const reset = await api.put(`${path}/${queue.id}/policy`, { data: {} });
  expect(reset.ok(), await reset.text()).toBe(true);
  return queue;
}

let putBack: (() => Promise<void>) | undefined;

test.afterEach(async () => {
  await putBack?.();
  putBack = undefined;
});

/** Puts the account's rules back as they were when the story has ended, well or not. */
async function keepRules(api: APIRequestContext): Promise<void> {
  const { version: _, ...rules } = await (await api.get("/api/v1/settings/routing")).json();
  putBack = async () => {
    const back = await api.put("/api/v1/settings/routing", { data: rules });
    expect(back.ok(), await back.text()).toBe(true);
  };
}

async function setLength(page: Page, testId: string, place: number, amount: string, unit: string): Promise<void> {
  await page.getByTestId(`${testId}-unit`).nth(place).selectOption(unit);
  await page.getByTestId(testId).nth(place).fill(amount);
}

test("a newcomer sets up: 2 minutes for my agent, then the team, everyone at 5, a callback at 10", async ({ page }) => {
  await signIn(page, "admin@demo.test");
  await keepRules(page.request);
  const name = `Front desk ${Math.random().toString(36).slice(2, 7)}`;

  await test.step("makes a queue and its team", async () => {
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByTestId("add-queue").click();
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Create queue" }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await page.getByTestId("member-search").fill("ada");
    await page.getByRole("button", { name: "Add Ada Agent" }).click();
    await expect(page.getByTestId("member")).toHaveCount(1);
    await picture(page, "settings-1-members");
  });

  await test.step("says what happens to a waiting chat", async () => {
    await page.getByTestId("tab-waiting").click();
    const row = page.getByTestId("sticky-row");
    if (await row.getByTestId("sticky-on").isVisible()) await row.getByTestId("sticky-on").click();
    await setLength(page, "sticky-wait", 0, "2", "minutes");
    await page.getByTestId("add-step").click();
    await setLength(page, "step-after", 0, "5", "minutes");
    await page.getByTestId("step-action").nth(0).selectOption({ label: "let other queues take it too" });
    await page.getByTestId("add-step").click();
    await setLength(page, "step-after", 1, "10", "minutes");
    await page.getByTestId("step-action").nth(1).selectOption({ label: "offer a callback and close" });
  });

  await test.step("reads it back in plain words and as a picture", async () => {
    const preview = page.getByTestId("preview");
    await expect(preview).toContainText("waits up to 2 minutes");
    await expect(preview).toContainText("After 5 minutes agents of");
    await expect(preview).toContainText("After 10 minutes a callback");
    await expect(page.getByTestId("timeline").getByText("10 min", { exact: true })).toBeVisible();
    await expect(page.getByTestId("field-error")).toHaveCount(0);
    await page.setViewportSize({ width: 1360, height: 1200 });
    await page.getByTestId("settings-page").evaluate((element) => element.scrollTo(0, 0));
    await picture(page, "settings-2-chain");
  });

  await test.step("saves, and it is still there after a reload", async () => {
    await expect(page.getByTestId("save-bar")).toContainText("chats that arrive from now on");
    await page.getByTestId("save").click();
    await expect(page.getByTestId("settings-flash")).toContainText("Saved");
    await expect(page.getByTestId("save-bar")).toHaveCount(0);
    await page.reload();
    await expect(page.getByTestId("sticky-wait")).toHaveValue("2");
    await expect(page.getByTestId("step")).toHaveCount(2);
    await expect(page.getByTestId("step-after").nth(1)).toHaveValue("10");
    await expect(page.getByTestId("preview")).toContainText("After 10 minutes a callback");
  });
});

test("a template fills the chain, a step is moved by keys, and everything can be undone", async ({ page }) => {
  await signIn(page, "admin@demo.test");
  const queue = await plainQueue(page.request);
  await page.goto(`/settings/queues/${queue.id}/waiting`);
  await page.getByTestId("templates").click();
  await page.getByTestId("template-team-notify-move").click();
  const actions = page.getByTestId("step-action");
  await expect(actions).toHaveCount(2);
  await expect(actions.nth(0)).toHaveValue("notify");

  await page.getByTestId("add-step").click();
  await expect(actions).toHaveCount(3);
  await expect(actions.nth(2)).toHaveValue("move");
  const up = page.getByRole("button", { name: "Move step 2 up" });
  await up.focus();
  await up.press("Enter");
  await expect(actions.nth(1)).toHaveValue("notify");
  await expect(page.getByTestId("step-after").nth(0)).toHaveValue("2");
  await expect(page.getByRole("button", { name: "Move step 1 down" })).toBeFocused();

  await page.getByTestId("undo").click();
  await expect(actions.nth(0)).toHaveValue("notify");
  await page.getByRole("button", { name: "Discard all" }).click();
  await expect(page.getByTestId("step")).toHaveCount(0);
  await expect(page.getByTestId("save-bar")).toHaveCount(0);
});

test("what is wrong is said beside the field, with the way out", async ({ page }) => {
  await signIn(page, "admin@demo.test");
  const queue = await plainQueue(page.request);
  await page.goto(`/settings/queues/${queue.id}/waiting`);
  await page.getByTestId("add-step").click();
  await page.getByTestId("step-action").nth(0).selectOption("text");
  await page.getByTestId("step-text").fill("");
  await page.getByTestId("add-step").click();
  await page.getByTestId("step-after").nth(1).fill("1");
  await page.getByTestId("tab-general").click();
  await page.getByTestId("save").click();

  const bar = page.getByTestId("save-bar");
  await expect(bar).toContainText("need your attention");
  await expect(page.getByTestId("tab-waiting")).toHaveAttribute("data-wrong", "true");
  await picture(page, "settings-3-wrong");
  await bar.getByRole("button", { name: "Step 1" }).click();
  await expect(page.getByTestId("step-text").nth(0)).toBeFocused();
  await page.getByTestId("step-text").nth(0).fill("We'll be with you soon");
  await page.getByRole("button", { name: "Put the steps in order" }).click();
  await expect(page.getByTestId("field-error")).toHaveCount(0);
  await page.getByTestId("save").click();
  await expect(page.getByTestId("settings-flash")).toContainText("Saved");
});

test("unsaved changes aren't lost by leaving, and an earlier version can be restored", async ({ page }) => {
  await signIn(page, "admin@demo.test");
  const queue = await plainQueue(page.request);
  const dialog = page.getByTestId("leave-dialog");
  await page.goto("/settings/queues");
  await page.getByTestId("queue-row").filter({ hasText: queue.name }).click();
  await page.getByText("Least busy").click();
  await page.goBack();
  await expect(dialog).toContainText(queue.name);
  await dialog.getByRole("button", { name: "Keep editing" }).click();
  await expect(page).toHaveURL(new RegExp(queue.id));
  await expect(page.getByRole("radio", { name: "Least busy" })).toBeChecked();

  await page.getByTestId("tab-waiting").click();
  await page.getByTestId("templates").click();
  await page.getByTestId("template-team-close").click();
  await page.getByTestId("save").click();
  await expect(page.getByTestId("save-bar")).toHaveCount(0);

  await page.getByTestId("templates").click();
  await page.getByTestId("template-wait").click();
  await expect(page.getByTestId("step")).toHaveCount(0);
  await page.getByRole("link", { name: "Chat", exact: true }).click();
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Keep editing" }).click();
  await expect(page.getByTestId("save-bar")).toBeVisible();
  await page.getByTestId("settings-people").click();
  await dialog.getByRole("button", { name: "Save and leave" }).click();
  await expect(page.getByTestId("settings-page")).toHaveAttribute("data-page", "people");

  await page.goto(`/settings/queues/${queue.id}/waiting`);
  await expect(page.getByTestId("step")).toHaveCount(0);
  await page.getByTestId("open-history").click();
  const versions = page.getByTestId("version");
  await expect(versions.first()).toContainText("Ann Admin");
  await expect(versions.first()).toContainText("Changed: fallback chain");
  await picture(page, "settings-4-history");
  await versions.nth(1).getByRole("button", { name: "Restore this version" }).click();
  await expect(page.getByTestId("step")).toHaveCount(2);
  await page.getByTestId("save").click();
  await expect(page.getByTestId("settings-flash")).toContainText("Saved");
});

test("two administrators don't overwrite each other unseen", async ({ page }) => {
  await signIn(page, "admin@demo.test");
  const queue = await plainQueue(page.request);
  await page.goto(`/settings/queues/${queue.id}/waiting`);
  await page.getByTestId("templates").click();
  await page.getByTestId("template-team-close").click();
  const path = `/api/v1/settings/queues/${queue.id}`;
  const { policy } = await (await page.request.get(path)).json();
  const other = await page.request.put(`${path}/policy`, { data: { ...policy, max_wait_seconds: 3_600 } });
  expect(other.ok(), await other.text()).toBe(true);

  await page.getByTestId("save").click();
  await expect(page.getByTestId("save-bar")).toContainText("Somebody else saved in the meantime");
  await page.getByRole("button", { name: "Load theirs" }).click();
  await expect(page.getByTestId("step")).toHaveCount(0);
  await expect(page.getByTestId("save-bar")).toHaveCount(0);
  await expect(page.getByTestId("preview")).toContainText("After 1 hour the chat is closed");
});

test("a supervisor reads the settings and can't change them", async ({ page }) => {
  await signIn(page, "supervisor@demo.test", "/settings/routing");
  await expect(page.getByRole("note")).toContainText("Only administrators");
  await expect(page.getByTestId("sticky-enabled")).toBeDisabled();
  await page.getByTestId("settings-people").click();
  await expect(page.getByTestId("person").first()).toBeVisible();
  await expect(page.getByTestId("add-person")).toHaveCount(0);
});

test("opening hours with a special day, an offer that asks, and a silence ladder are kept", async ({ page }) => {
  await signIn(page, "admin@demo.test");
  const queue = await plainQueue(page.request);
  await page.goto(`/settings/queues/${queue.id}/hours`);
  await page.getByRole("radio", { name: "Opening hours" }).check();
  await page.getByLabel("Monday, hours 1, to").fill("18:30");
  await page.getByRole("button", { name: "Copy Monday to…" }).click();
  await page.getByRole("menuitem", { name: "Monday to Friday" }).click();
  await expect(page.getByLabel("Friday, hours 1, to")).toHaveValue("18:30");
  await page.getByRole("button", { name: "Add a day" }).click();
  await page.getByLabel("Name 1").fill("Company outing");
  await page.getByRole("combobox", { name: "A chat that arrives then" }).selectOption("callback");
  await picture(page, "settings-5-hours");

  await page.getByTestId("tab-chats").click();
  await page.getByRole("radio", { name: "Ask first" }).check();
  const silence = page.getByRole("region", { name: "When the customer doesn't answer" });
  await silence.getByRole("button", { name: "Add a step" }).click();
  await silence.getByRole("button", { name: "Add a step" }).click();
  await page.getByTestId("save").click();
  await expect(page.getByTestId("settings-flash")).toContainText("Saved");
  await page.reload();
  await expect(page.getByRole("radio", { name: "Ask first" })).toBeChecked();
  await expect(silence.getByRole("combobox", { name: "Step 2: What happens" })).toHaveValue("end");
  await page.getByTestId("tab-hours").click();
  await expect(page.getByLabel("Wednesday, hours 1, to")).toHaveValue("18:30");
  await expect(page.getByLabel("Name 1")).toHaveValue("Company outing");
});

test("people, dispositions and break reasons are changed where they are listed", async ({ page }) => {
  await signIn(page, "admin@demo.test", "/settings/people");
  await keepRules(page.request);
  const mark = Math.random().toString(36).slice(2, 7);
  const flash = page.getByTestId("settings-flash");

  await test.step("somebody new", async () => {
    await page.getByTestId("add-person").click();
    const dialog = page.getByTestId("person-dialog");
    await dialog.getByRole("button", { name: "Add person" }).click();
    await expect(dialog.getByTestId("field-error")).toHaveCount(3);
    await dialog.getByLabel("Name").fill(`Nora ${mark}`);
    await dialog.getByLabel("Email").fill(`nora-${mark}@demo.test`);
    await dialog.getByLabel("Password").fill("a long password");
    await dialog.getByLabel("Chats at once").fill("99");
    await dialog.getByRole("button", { name: "Add person" }).click();
    await expect(dialog.getByTestId("field-error")).toBeVisible();
    await dialog.getByLabel("Chats at once").fill("3");
    await dialog.getByLabel("Support").check();
    await dialog.getByRole("button", { name: "Add person" }).click();
    await expect(flash).toContainText(`Nora ${mark} was added`);
    const row = page.getByTestId("person").filter({ hasText: `Nora ${mark}` });
    await expect(row).toContainText("0/3");
    await row.getByRole("button").click();
    await dialog.getByRole("button", { name: "Disable" }).click();
    await expect(dialog).toContainText("signed out at once");
    await dialog.getByRole("button", { name: "Disable" }).click();
    await expect(row).toHaveCount(0);
  });

  await test.step("a disposition below another", async () => {
    await page.getByTestId("settings-dispositions").click();
    await page.getByTestId("add-disposition").click();
    const dialog = page.getByTestId("disposition-dialog");
    await dialog.getByLabel("Name").fill(`Promise ${mark}`);
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: `Add below Promise ${mark}` }).click();
    await dialog.getByLabel("Name").fill(`Call again ${mark}`);
    await dialog.getByRole("switch", { name: "Asks for the time of a callback" }).click();
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    const below = page.locator("[data-testid=disposition][data-level='2']").filter({ hasText: `Call again ${mark}` });
    await expect(below).toContainText("callback");
    await page.getByRole("button", { name: `Move up: Promise ${mark}` }).click();
    await expect(flash).toContainText("was moved");
    await picture(page, "settings-6-dispositions");
    await page.getByRole("button", { name: `Edit Promise ${mark}` }).click();
    await dialog.getByRole("switch", { name: "Don't offer any more" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(
      page
        .getByTestId("disposition")
        .filter({ hasText: `Promise ${mark}` })
        .first(),
    ).toContainText("not offered");
  });

  await test.step("a break reason", async () => {
    await page.getByTestId("settings-breaks").click();
    await page.getByRole("button", { name: "Add a reason" }).click();
    const reasons = page.getByRole("textbox");
    await reasons.last().fill("Lunch");
    await expect(page.getByTestId("field-error")).toContainText("there already");
    await reasons.last().fill(`Fire drill ${mark}`);
    await page.getByTestId("save").click();
    await expect(flash).toContainText("Saved");
    const me = await (await page.request.get("/api/v1/me")).json();
    expect(me.break_reasons).toContain(`Fire drill ${mark}`);
  });
});
