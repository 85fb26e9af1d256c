import "../styles/board.css";
import { useQueryClient } from "@tanstack/react-query";
import { CalendarCheck, Headset, Layers } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api } from "../api/endpoints";
import type { ChatView, FollowUp, Page, StatusChange, User } from "../api/types";
import { applyEvent, keys } from "../live/cache";
import { useChats } from "../live/chats";
import type { CommandProblem } from "../live/commands";
import { useLive } from "../live/live";
import { navigate, pathOf } from "../live/route";
import { useAgents, useBreakReasons, useFollowUps, useQueues } from "../live/routing";
import { messageOf, useSetAgentStatus } from "../live/status";
import { linesOf } from "../state/chats";
import { texts } from "../texts";
import { ProblemBar } from "../views/Banner";
import { Empty, Failure, Segments, Skeleton } from "../views/basics";
import { Agents } from "../views/board/Agents";
import { FollowUps } from "../views/board/FollowUps";
import { type ChatCommands, QueueLine, QuietLines } from "../views/board/Lines";
import { Transfer } from "./Transfer";

const AGENTS_EVERY_MS = 15_000;

type Tab = "queues" | "agents" | "followUps";

interface Doing {
  busy: string | undefined;
  problem: CommandProblem | undefined;
  clear(): void;
  /** Runs one thing at a time; tells whether it was done. */
  doing(id: string, title: string, work: () => Promise<void>): Promise<boolean>;
}

function useDoing(): Doing {
  const client = useQueryClient();
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<CommandProblem>();
  return {
    busy,
    problem,
    clear: () => setProblem(undefined),
    async doing(id, title, work) {
      setBusy(id);
      setProblem(undefined);
      try {
        await work();
        return true;
      } catch (cause) {
        setProblem({ title, detail: messageOf(cause) });
        void client.invalidateQueries({ queryKey: keys.lists });
        void client.invalidateQueries({ queryKey: keys.agents });
        return false;
      } finally {
        setBusy(undefined);
      }
    },
  };
}

/** The supervisor's page: who waits, who works, what was promised. */
export default function Board({ onFlash }: { onFlash(text: string): void }) {
  const [tab, setTab] = useState<Tab>("queues");
  const doing = useDoing();
  const agents = useAgents(true, AGENTS_EVERY_MS);
  const available = agents.data?.items.filter((user) => user.status === "available").length ?? 0;
  return (
    <main className="page board" data-tab={tab} data-testid="board">
      <header className="board-head">
        <h1>{texts.board.title}</h1>
        {agents.data && <p className="muted tabular">{texts.board.summary(available, agents.data.items.length)}</p>}
        <Segments
          label={texts.board.sections}
          value={tab}
          options={[
            { value: "queues", label: texts.board.tabs.queues },
            { value: "agents", label: texts.board.tabs.agents },
            { value: "followUps", label: texts.board.tabs.followUps },
          ]}
          onChange={setTab}
        />
      </header>
      {doing.problem && <ProblemBar title={doing.problem.title} detail={doing.problem.detail} onClose={doing.clear} />}
      <div className="board-grid">
        <div className="board-part board-queues">
          <Lines agents={agents.data?.items} doing={doing} onFlash={onFlash} />
        </div>
        <div className="board-side">
          <section className="board-part board-card board-agents" aria-label={texts.board.tabs.agents}>
            <h2>{texts.board.tabs.agents}</h2>
            <AgentList agents={agents} doing={doing} onFlash={onFlash} />
          </section>
          <section className="board-part board-card board-follow-ups" aria-label={texts.board.tabs.followUps}>
            <h2>{texts.board.tabs.followUps}</h2>
            <FollowUpList doing={doing} onFlash={onFlash} />
          </section>
        </div>
      </div>
    </main>
  );
}

interface PartProps {
  doing: Doing;
  onFlash(text: string): void;
}

function Lines({ agents, doing, onFlash }: PartProps & { agents: readonly User[] | undefined }) {
  const client = useQueryClient();
  const { user } = useLive();
  const waiting = useChats("waiting", true);
  const queues = useQueues();
  const [moving, setMoving] = useState<ChatView>();
  const show = (chat: ChatView) => applyEvent(client, { type: "chat.updated", id: 0, cursor: "", chat }, user.id);
  const open = (chatId: string) => navigate({ page: "chats", chatId, view: "waiting" });
  const commands: ChatCommands = {
    busy: doing.busy,
    href: (chatId) => pathOf({ page: "chats", chatId, view: "waiting" }),
    onOpen: open,
    onTransfer: setMoving,
    onNextStep: (chat) =>
      void doing
        .doing(chat.id, texts.failed.nextStep, async () => show(await api.nextStep(chat.id)))
        .then((done) => done && onFlash(texts.board.stepDone(chat.customer.name))),
    onTake: (chat) =>
      void doing
        .doing(chat.id, texts.failed.take, async () => show(await api.take(chat.id)))
        .then((done) => {
          if (!done) return;
          onFlash(texts.taken(chat.customer.name));
          navigate({ page: "chats", chatId: chat.id, view: "mine" });
        }),
  };
  return (
    <Loading
      query={waiting}
      failed={texts.board.linesFailed}
      loading={texts.board.linesLoading}
      ready={queues.data !== undefined || queues.isError}
    >
      {(page) => {
        const lines = linesOf(queues.data?.items ?? [], page.items);
        if (lines.length === 0) {
          return (
            <Empty icon={<Layers />} title={texts.board.noQueues}>
              <p>{texts.board.noQueuesText}</p>
            </Empty>
          );
        }
        return (
          <>
            {lines
              .filter((line) => line.chats.length > 0)
              .map((line) => (
                <QueueLine key={line.id} line={line} agents={agents} {...commands} />
              ))}
            <QuietLines lines={lines.filter((line) => line.chats.length === 0)} agents={agents} />
            {page.next !== "" && (
              <button
                type="button"
                className="button button-wide"
                disabled={waiting.loadingMore}
                onClick={() => void waiting.loadMore().catch(() => waiting.refetch())}
              >
                {texts.board.more}
              </button>
            )}
            {moving && (
              <Transfer chat={moving} open onClose={() => setMoving(undefined)} onDone={(text) => onFlash(text)} />
            )}
          </>
        );
      }}
    </Loading>
  );
}

function AgentList({ agents, doing, onFlash }: PartProps & { agents: ReturnType<typeof useAgents> }) {
  const client = useQueryClient();
  const queues = useQueues();
  const reasons = useBreakReasons();
  const setStatus = useSetAgentStatus();
  const names = new Map((queues.data?.items ?? []).map((queue) => [queue.id, queue.name]));
  const change = async (agent: User, next: StatusChange) => {
    const done = await doing.doing(agent.id, texts.failed.status, () => setStatus(agent, next));
    if (!done) return;
    void client.invalidateQueries({ queryKey: keys.lists });
    void client.invalidateQueries({ queryKey: keys.agents });
    const said =
      next.when === "after_chats" && next.status !== "available"
        ? texts.next(next.status, next.reason ?? "")
        : texts.states[next.status];
    onFlash(next.hand_over ? texts.board.handedOver(agent.name) : texts.board.statusDone(agent.name, said));
  };
  return (
    <Loading query={agents} failed={texts.board.agentsFailed} loading={texts.board.agentsLoading} ready>
      {(page) =>
        page.items.length === 0 ? (
          <Empty icon={<Headset />} title={texts.board.noAgents}>
            <p>{texts.board.noAgentsText}</p>
          </Empty>
        ) : (
          <Agents
            agents={page.items}
            queueNames={names}
            reasons={reasons}
            busy={doing.busy}
            onStatus={(agent, next) => void change(agent, next)}
          />
        )
      }
    </Loading>
  );
}

function FollowUpList({ doing, onFlash }: PartProps) {
  const client = useQueryClient();
  const followUps = useFollowUps();
  const done = async (item: FollowUp) => {
    const ok = await doing.doing(item.id, texts.failed.followUp, async () => {
      await api.followUpDone(item.id);
      client.setQueryData<Page<FollowUp>>(
        keys.followUps,
        (page) => page && { ...page, items: page.items.filter((other) => other.id !== item.id) },
      );
    });
    if (ok) onFlash(texts.board.followUpDone(item.customer.name));
  };
  return (
    <Loading query={followUps} failed={texts.board.followUpsFailed} loading={texts.board.followUpsLoading} ready>
      {(page) =>
        page.items.length === 0 ? (
          <Empty icon={<CalendarCheck />} title={texts.board.noFollowUps}>
            <p>{texts.board.noFollowUpsText}</p>
          </Empty>
        ) : (
          <FollowUps
            items={page.items}
            busy={doing.busy}
            onDone={(item) => void done(item)}
            onOpen={(chatId) => navigate({ page: "chats", chatId, view: "mine" })}
          />
        )
      }
    </Loading>
  );
}

interface LoadingProps<T> {
  query: { data: T | undefined; isError: boolean; error: unknown; refetch(): unknown };
  ready: boolean;
  failed: string;
  loading: string;
  children(data: T): ReactNode;
}

/** A part of the board: its skeleton, its failure with a way out, or what it shows. */
function Loading<T>({ query, ready, failed, loading, children }: LoadingProps<T>) {
  if (query.data !== undefined && ready) return children(query.data);
  if (query.isError) {
    return <Failure title={failed} detail={messageOf(query.error)} onRetry={() => void query.refetch()} />;
  }
  return <Skeleton rows={4} kind="row" label={loading} />;
}
