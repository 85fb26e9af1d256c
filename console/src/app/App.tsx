import { Problem } from "../api/client";
import { LiveProvider } from "../live/live";
import { type Session, useSession } from "../live/session";
import { texts } from "../texts";
import { Failure, Skeleton } from "../views/basics";
import { SignIn } from "../views/SignIn";
import { Console } from "./Console";

function sentenceOf(cause: unknown): string {
  if (!(cause instanceof Problem)) return String(cause);
  if (cause.status === 401) return texts.signIn.wrong;
  if (cause.status === 429) return texts.signIn.throttled;
  return cause.message;
}

async function trySignIn(session: Session, email: string, password: string): Promise<string | undefined> {
  try {
    await session.signIn(email, password);
    return undefined;
  } catch (cause) {
    return sentenceOf(cause);
  }
}

export function App() {
  const session = useSession();
  if (session.state === "in" && session.me) {
    return (
      <LiveProvider key={session.me.user.id} user={session.me.user}>
        <Console onSignOut={session.signOut} />
      </LiveProvider>
    );
  }
  if (session.state === "out") {
    return <SignIn ended={session.ended} onSignIn={(email, password) => trySignIn(session, email, password)} />;
  }
  return (
    <main className="sign-in">
      {session.state === "failed" ? (
        <Failure title={session.problem?.message ?? texts.errors.offline} onRetry={session.retry} />
      ) : (
        <Skeleton rows={3} kind="row" label={texts.stream.connecting} />
      )}
    </main>
  );
}
