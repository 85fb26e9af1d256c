// How chats reach agents and travel between them, as agents, a supervisor and customers live it.

import { expect, test } from "@playwright/test";
import { Agent, PhoneCustomer, picture } from "./people";
import { Rules } from "./rules";

let rules: Rules;

test.beforeEach(async ({ baseURL }) => {
  rules = await Rules.open(baseURL);
  await rules.everybodyAway();
  await rules.emptyLine();
});

test.afterEach(() => rules.restore());

test("a chat is offered, held, transferred, disposed by the tree, and its customer comes back to who knows them", async ({
  browser,
}) => {
  test.setTimeout(150_000);
  const tag = Math.random().toString(36).slice(2, 7);
  await rules.account({ sticky: { enabled: true, on_first_reply: true, follows_transfer: true, wait_seconds: 60 } });
  await rules.queue("Support", { offer_seconds: 60 });
  await rules.dispositions(`Orders ${tag}`, `Late ${tag}`, `Courier lost it ${tag}`);
  const adasDesk = await browser.newContext();
  const bensDesk = await browser.newContext();
  const street = await browser.newContext();
  const ada = await Agent.signIn(adasDesk, "agent1@demo.test");
  const ben = await Agent.signIn(bensDesk, "agent2@demo.test");
  const phone = await PhoneCustomer.take(street);

  await test.step("Ada is asked, and accepts by keyboard", async () => {
    await ada.setStatus("available");
    await phone.text(`Where is my parcel? ${tag}`);
    await expect(ada.offer(tag)).toBeVisible();
    await expect(ada.page.locator("[data-group=offered]")).toBeVisible();
    await picture(ada.page, "r1-offer");
    await ada.page.keyboard.press("Alt+KeyY");
    await expect(ada.message("customer", tag)).toBeVisible();
    await expect(ada.offer(tag)).toHaveCount(0);
    await ada.say("Let me ask the courier.");
    await expect(phone.received("Let me ask the courier.")).toBeVisible();
  });

  await test.step("on hold it takes no slot, and comes back", async () => {
    await expect(ada.page.getByTestId("load")).toContainText("1/");
    await ada.page.getByTestId("hold").click();
    await ada.page.locator("[data-testid=hold-choice][data-seconds='300']").click();
    await expect(ada.page.locator("[data-group=held] [data-testid=chat-row]")).toHaveCount(1);
    await expect(ada.page.getByTestId("strip-held")).toContainText("On hold");
    await expect(ada.page.getByTestId("load")).toContainText("0/");
    await picture(ada.page, "r2-hold");
    await ada.page.getByTestId("resume").click();
    await expect(ada.page.getByTestId("strip-held")).toHaveCount(0);
    await expect(ada.page.getByTestId("load")).toContainText("1/");
  });

  await test.step("Ada asks Ben to take over, and keeps the chat until he does", async () => {
    const id = await ada.page.getByTestId("chat").getAttribute("data-chat-id");
    await ben.setStatus("available");
    await ada.page.getByTestId("transfer").click();
    const dialog = ada.page.getByTestId("transfer-dialog");
    await dialog.getByTestId("pick-search").fill("ben");
    await dialog.getByTestId("pick-option").filter({ hasText: "Ben Agent" }).click();
    await dialog.getByTestId("transfer-ask").click();
    await dialog.getByTestId("transfer-note").fill(`The courier calls back ${tag}`);
    await picture(ada.page, "r3-transfer");
    await dialog.getByTestId("transfer-confirm").click();
    await expect(dialog).toHaveCount(0);
    await expect(ada.page.getByTestId("strip-offer")).toContainText("Ben");
    await expect(ben.offer(`The courier calls back ${tag}`)).toBeVisible();
    await picture(ben.page, "r4-asked");
    await ben.offer(tag).getByTestId("offer-accept").click();
    await expect(ben.message("customer", tag)).toBeVisible();
    await expect(ben.line("Ben Agent")).not.toHaveCount(0);
    await expect(ada.page.locator(`[data-testid=chat-row][data-chat-id="${id}"]`)).toHaveCount(0);
  });

  await test.step("Ben sees why, and disposes by the tree", async () => {
    await ben.page.getByTestId("routing-tab").click();
    const story = ben.page.getByTestId("routing-story");
    await expect(story.locator("[data-kind=offered]")).not.toHaveCount(0);
    await story.getByTestId("considered").first().click();
    await expect(story).toContainText("Ada Agent");
    await picture(ben.page, "r5-why");
    await ben.disposeBySearch(`courier ${tag}`, "The courier lost the parcel");
    await expect(ben.page.getByTestId("flash")).toContainText(`Courier lost it ${tag}`);
    await expect(ben.page.getByTestId("chat-row")).toHaveCount(0);
  });

  await test.step("the same customer comes back to Ben, though Ada has been idle for longer", async () => {
    await phone.text(`Any news? ${tag}`);
    await expect(ben.offer(`Any news? ${tag}`)).toBeVisible();
    await expect(ada.offer(tag)).toHaveCount(0);
    await ben.page.keyboard.press("Alt+KeyY");
    await expect(ben.message("customer", `Any news? ${tag}`)).toBeVisible();
    await ben.page.getByTestId("routing-tab").click();
    await expect(ben.page.getByTestId("routing-story")).toContainText("Ben Agent is the customer's own agent");
    await ben.disposeBySearch("resolved", "");
  });

  await Promise.all([adasDesk.close(), bensDesk.close(), street.close()]);
});

test("a supervisor sees the line, takes the next step at once, and takes a chat", async ({ browser }) => {
  const tag = Math.random().toString(36).slice(2, 7);
  await rules.queue("Support", {
    offer_seconds: 0,
    fallback: [{ after_seconds: 3_000, action: "text", text: `We are still looking for somebody ${tag}` }],
  });
  const desk = await browser.newContext();
  const street = await browser.newContext();
  const sam = await Agent.signIn(desk, "supervisor@demo.test");
  const phone = await PhoneCustomer.take(street);
  await phone.text(`Is anybody there? ${tag}`);

  await sam.page.getByTestId("page-board").click();
  const waiting = sam.page.getByTestId("board-chat").filter({ hasText: tag });
  await expect(waiting).toBeVisible();
  await expect(waiting.getByTestId("countdown")).toContainText(/ in \d+:\d\d/);
  await picture(sam.page, "r6-board");

  await waiting.getByTestId("board-next-step").click();
  await expect(phone.received(`We are still looking for somebody ${tag}`)).toBeVisible();
  await expect(waiting.getByTestId("countdown")).toHaveCount(0);

  await test.step("and changes an agent's state", async () => {
    const chloe = sam.page.getByTestId("board-agent").filter({ hasText: "Chloe Agent" });
    await chloe.getByTestId("agent-menu").click();
    await sam.page.getByRole("button", { name: "Lunch", exact: true }).click();
    await expect(chloe).toHaveAttribute("data-status", "break");
    await expect(chloe).toContainText("Lunch");
  });

  await waiting.getByTestId("board-take").click();
  await expect(sam.message("customer", tag)).toBeVisible();
  await expect(sam.line("Sam Supervisor took")).toHaveCount(1);
  await sam.say("I am here.");
  await expect(phone.received("I am here.")).toBeVisible();
  await sam.disposeBySearch("resolved", "");

  await Promise.all([desk.close(), street.close()]);
});

test("a supervisor joins, a callback is promised and done, a disposition is chosen early and corrected", async ({
  browser,
}) => {
  test.setTimeout(120_000);
  const tag = Math.random().toString(36).slice(2, 7);
  await rules.queue("Support", { offer_seconds: 0 });
  await rules.callbackDisposition(`Call back ${tag}`);
  const adasDesk = await browser.newContext();
  const samsDesk = await browser.newContext();
  const street = await browser.newContext();
  const ada = await Agent.signIn(adasDesk, "agent1@demo.test");
  const sam = await Agent.signIn(samsDesk, "supervisor@demo.test");
  await ada.setStatus("available");
  const phone = await PhoneCustomer.take(street);
  await phone.text(`Please call me ${tag}`);
  await ada.row(tag).click();
  const chat = await ada.page.getByTestId("chat").getAttribute("data-chat-id");

  await test.step("Sam joins visibly, writes, and leaves", async () => {
    await sam.page.goto(`/chats/${chat}?view=all`);
    await sam.page.getByTestId("actions").click();
    await sam.page.getByTestId("action-join").click();
    await expect(sam.page.getByTestId("strip-joined")).toBeVisible();
    await expect(ada.page.getByTestId("strip-members")).toContainText("Sam Supervisor");
    await sam.say("Sam here, we will call you.");
    await expect(phone.received("Sam here, we will call you.")).toBeVisible();
    await expect(ada.message("agent", "Sam here")).toBeVisible();
    await picture(ada.page, "r7-joined");
    await sam.page.getByTestId("actions").click();
    await sam.page.getByTestId("action-leave").click();
    await expect(ada.page.getByTestId("strip-members")).toHaveCount(0);
  });

  const dialog = ada.page.getByTestId("dispose-dialog");
  await test.step("Ada chooses early, and the chat goes on", async () => {
    await ada.page.getByTestId("dispose").click();
    await dialog.getByTestId("disposition-option").filter({ hasText: "Resolved" }).click();
    await dialog.getByTestId("dispose-early").click();
    await expect(ada.page.getByTestId("strip-chosen")).toContainText("Resolved");
    await expect(ada.page.getByTestId("chat")).toHaveAttribute("data-phase", "active");
  });

  await test.step("promises a callback, and goes on a break after this one", async () => {
    await ada.page.getByTestId("dispose").click();
    await dialog.getByTestId("disposition-search").fill(tag);
    await dialog.getByTestId("disposition-option").click();
    await dialog.getByTestId("dispose-confirm").click();
    await expect(dialog.getByTestId("dispose-problem")).toContainText("called back");
    await dialog.getByTestId("callback-tomorrow").click();
    await dialog.getByTestId("break-after").check();
    await picture(ada.page, "r8-callback");
    await dialog.getByTestId("dispose-confirm").click();
    await expect(dialog).toHaveCount(0);
    await expect(ada.page.getByTestId("status-menu")).toHaveAttribute("data-status", "break");
  });

  await test.step("Sam finds the callback on the board, and ticks it off", async () => {
    await sam.page.getByTestId("page-board").click();
    const promised = sam.page.getByTestId("follow-up").filter({ hasText: phone.number });
    await expect(promised).toContainText("Ada Agent");
    await picture(sam.page, "r9-follow-up");
    await promised.getByTestId("follow-up-done").click();
    await expect(promised).toHaveCount(0);
  });

  await test.step("Ada corrects the disposition of the closed chat", async () => {
    await ada.page.goto(`/chats/${chat}`);
    await expect(ada.page.getByTestId("chat")).toHaveAttribute("data-phase", "closed");
    await ada.page.getByTestId("actions").click();
    await ada.page.getByTestId("action-correct").click();
    await dialog.getByTestId("disposition-option").filter({ hasText: "Resolved" }).click();
    await dialog.getByTestId("dispose-confirm").click();
    await expect(dialog).toHaveCount(0);
    await expect(ada.page.locator(".facts")).toContainText("Resolved");
  });

  await Promise.all([adasDesk.close(), samsDesk.close(), street.close()]);
});
