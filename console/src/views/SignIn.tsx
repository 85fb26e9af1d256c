import { Eye, EyeOff } from "lucide-react";
import { type FormEvent, useId, useRef, useState } from "react";
import { texts } from "../texts";

interface Props {
  ended: boolean;
  /** Gives the sentence to show when signing in failed. */
  onSignIn(email: string, password: string): Promise<string | undefined>;
}

export function SignIn({ ended, onSignIn }: Props) {
  const [visible, setVisible] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<{ field?: "email" | "password"; text: string }>();
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const id = useId();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    const address = email.current?.value.trim() ?? "";
    const secret = password.current?.value ?? "";
    if (address === "") {
      setProblem({ field: "email", text: texts.signIn.emailMissing });
      email.current?.focus();
      return;
    }
    if (secret === "") {
      setProblem({ field: "password", text: texts.signIn.passwordMissing });
      password.current?.focus();
      return;
    }
    setBusy(true);
    setProblem(undefined);
    const text = await onSignIn(address, secret);
    // Signed in: this page is gone by now, and there is nothing to change.
    if (text === undefined) return;
    setBusy(false);
    setProblem({ text });
    password.current?.focus();
    password.current?.select();
  }

  const described = problem ? `${id}-problem` : undefined;
  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit} noValidate>
        <img src="/favicon.svg" alt="" width="48" height="48" />
        <h1>{texts.signIn.title}</h1>
        <p className="muted">{texts.signIn.lead}</p>
        {ended && !problem && (
          <p className="notice" role="status">
            {texts.signIn.ended}
          </p>
        )}
        {problem && (
          <p className="problem" role="alert" id={`${id}-problem`}>
            {problem.text}
          </p>
        )}
        <label htmlFor={`${id}-email`}>{texts.signIn.email}</label>
        <input
          ref={email}
          id={`${id}-email`}
          type="email"
          name="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          // biome-ignore lint/a11y/noAutofocus: the page has one purpose and this is its first field
          autoFocus
          aria-invalid={problem?.field === "email"}
          aria-describedby={described}
          data-testid="login-email"
        />
        <label htmlFor={`${id}-password`}>{texts.signIn.password}</label>
        <div className="password">
          <input
            ref={password}
            id={`${id}-password`}
            type={visible ? "text" : "password"}
            name="password"
            autoComplete="current-password"
            aria-invalid={problem?.field === "password"}
            aria-describedby={described}
            data-testid="login-password"
          />
          <button
            type="button"
            className="icon-button"
            aria-label={visible ? texts.signIn.hide : texts.signIn.show}
            aria-pressed={visible}
            onClick={() => setVisible(!visible)}
          >
            {visible ? <EyeOff size={18} /> : <Eye size={18} />}
          </button>
        </div>
        <button type="submit" className="button button-primary button-wide" aria-busy={busy} data-testid="login-submit">
          {busy ? texts.signIn.busy : texts.signIn.submit}
        </button>
      </form>
    </main>
  );
}
