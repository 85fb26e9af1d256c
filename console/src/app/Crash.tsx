import { Component, type ReactNode } from "react";
import { texts } from "../texts";

/** Catches a bug of this page: what was sent is on the server, so a reload is a safe way out. */
export class Crash extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="sign-in">
        <div className="sign-in-card" role="alert">
          <h1>{texts.errors.crashTitle}</h1>
          <p>{texts.errors.crashText}</p>
          <button type="button" className="button button-primary" onClick={() => location.reload()}>
            {texts.errors.reload}
          </button>
        </div>
      </main>
    );
  }
}
