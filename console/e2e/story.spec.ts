// The main job, as two customers and one agent live it.

import { expect, test } from "@playwright/test";
import { Agent, Line, PhoneCustomer, picture, ShopCustomer } from "./people";

test("a text and a web chat are answered side by side, and the one that ended is disposed", async ({ browser }) => {
  const desk = await browser.newContext();
  const street = await browser.newContext();
  const shop = await browser.newContext();
  const agent = await Agent.signIn(desk, "agent1@demo.test");
  await agent.setStatus("available");
  await expect(agent.page.getByText("You're available")).toBeVisible();
  await picture(agent.page, "1-available");

  const phone = await PhoneCustomer.take(street);
  await phone.text("Hi, where is my order?");
  const first = agent.toast("Hi, where is my order?");
  await expect(first).toBeVisible();
  await first.getByRole("button").first().click();
  await expect(agent.message("customer", "Hi, where is my order?")).toBeVisible();
  await expect(agent.page.locator("[data-testid=chat-row][data-selected=true]")).toHaveCount(1);

  const visitor = await ShopCustomer.visit(shop);
  await visitor.write("Do you deliver to Austria?");
  await expect(agent.toast("Do you deliver to Austria?")).toBeVisible();
  await expect(agent.toast("Hi, where is my order?")).toHaveCount(0);
  await picture(agent.page, "2-second-customer");

  await test.step("both are answered, each in their own chat", async () => {
    await agent.say("It left our warehouse this morning.");
    await expect(phone.received("It left our warehouse this morning.")).toBeVisible();
    await expect(agent.message("agent", "It left our warehouse")).toHaveAttribute("data-status", "delivered");
    await picture(phone.page, "3-phone");

    await agent.toast("Do you deliver to Austria?").getByRole("button").first().click();
    await agent.say("Yes, in three days.");
    await expect(visitor.message("agent", "Yes, in three days.")).toBeVisible();
    await expect(visitor.message("agent", "It left our warehouse")).toHaveCount(0);
    await expect(agent.message("agent", "Yes, in three days.")).toHaveAttribute("data-status", /delivered|read/);
    await picture(visitor.page, "4-widget");
  });

  await test.step("DISPOSE turns blue when the web customer ends the chat", async () => {
    const dispose = agent.page.getByTestId("dispose");
    await expect(dispose).toHaveAttribute("data-ready", "false");
    await visitor.endChat();
    await expect(dispose).toHaveAttribute("data-ready", "true");
    await picture(agent.page, "5-customer-left");
    await dispose.click();
    const dialog = agent.page.getByTestId("dispose-dialog");
    await dialog.getByTestId("disposition-option").filter({ hasText: "Resolved" }).click();
    await dialog.getByTestId("dispose-note").fill("Delivery question");
    await picture(agent.page, "6-dispose");
    await dialog.getByTestId("dispose-confirm").click();
    await expect(dialog).toHaveCount(0);
    await expect(agent.page.getByTestId("flash")).toContainText("Resolved");
    await expect(agent.row(visitor.name)).toHaveCount(0);
    await expect(agent.page.getByTestId("chat-row")).toHaveCount(1);
  });

  await Promise.all([desk.close(), street.close(), shop.close()]);
});

test("a break keeps my chats and stops new ones", async ({ browser }) => {
  const desk = await browser.newContext();
  const street = await browser.newContext();
  const agent = await Agent.signIn(desk, "agent1@demo.test");
  await agent.setStatus("available");
  const early = await PhoneCustomer.take(street);
  await early.text("Before the break");
  await expect(agent.page.getByTestId("chat-row")).toHaveCount(1);

  await agent.setStatus("break");
  const late = await PhoneCustomer.take(street);
  await late.text("During the break");
  await expect(agent.page.getByTestId("waiting-count")).toContainText("1 waiting");
  await expect(agent.page.getByTestId("chat-row")).toHaveCount(1);
  await agent.page.getByTestId("chat-row").click();
  await agent.say("Still here for you.");
  await expect(early.received("Still here for you.")).toBeVisible();
  await picture(agent.page, "7-break");

  await agent.setStatus("available");
  await expect(agent.page.getByTestId("chat-row")).toHaveCount(2);
  await Promise.all([desk.close(), street.close()]);
});

test("two tabs show the same", async ({ browser }) => {
  const desk = await browser.newContext();
  const street = await browser.newContext();
  const agent = await Agent.signIn(desk, "agent1@demo.test");
  await agent.setStatus("available");
  const phone = await PhoneCustomer.take(street);
  await phone.text("Hello from the phone");
  await agent.page.getByTestId("chat-row").click();
  await expect(agent.message("customer", "Hello from the phone")).toBeVisible();

  const second = await desk.newPage();
  await second.goto(agent.page.url());
  await agent.say("Hello from tab one");
  const there = second.locator("[data-testid=message][data-side=agent]").filter({ hasText: "Hello from tab one" });
  await expect(there).toHaveCount(1);
  await expect(second.getByTestId("chat-row")).toContainText("Hello from tab one");
  await Promise.all([desk.close(), street.close()]);
});

test("what was said while the line was down is there, once, when it is back", async ({ browser }) => {
  const desk = await browser.newContext();
  const street = await browser.newContext();
  const line = await Line.tap(desk);
  const agent = await Agent.signIn(desk, "agent1@demo.test");
  await agent.setStatus("available");
  const phone = await PhoneCustomer.take(street);
  await phone.text("Before");
  await agent.page.getByTestId("chat-row").click();
  await expect(agent.message("customer", "Before")).toBeVisible();

  await line.cut();
  await expect(agent.page.getByTestId("stream-banner")).toContainText("Reconnecting");
  await picture(agent.page, "8-reconnecting");
  await phone.text("Said while the line was down");
  line.mend();
  await expect(agent.message("customer", "Said while the line was down")).toHaveCount(1);
  await expect(agent.page.getByTestId("stream-banner")).toHaveCount(0);
  await phone.text("And after");
  await expect(agent.message("customer", "And after")).toHaveCount(1);
  await expect(agent.message("customer", "Said while the line was down")).toHaveCount(1);
  await Promise.all([desk.close(), street.close()]);
});

test("a wrong password is told, and the place is kept", async ({ page }) => {
  await page.goto("/chats/00000000-0000-7000-8000-000000000000");
  await page.getByTestId("login-email").fill("agent1@demo.test");
  await page.getByTestId("login-password").fill("wrong");
  await page.getByTestId("login-submit").click();
  await expect(page.getByRole("alert")).toContainText("don't match");
  await page.getByTestId("login-password").fill("tandem-demo");
  await page.getByTestId("login-submit").click();
  await expect(page.getByText("This chat can't be shown")).toBeVisible();
});
