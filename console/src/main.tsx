import "@fontsource-variable/inter";
import "./styles/base.css";
import "./styles/top-bar.css";
import "./styles/shell.css";
import "./styles/composer.css";
import "./styles/chat.css";
import "./styles/parts.css";
import "./styles/menus.css";
import "./styles/panel.css";
import "./styles/sign-in.css";
import "./styles/toasts.css";
import "./styles/page.css";
import "./styles/offers.css";
import "./styles/actions.css";
import "./styles/dialogs.css";
import "./styles/story.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { Crash } from "./app/Crash";
import { newQueryClient } from "./live/cache";
import { followTheme } from "./live/theme";

followTheme();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Crash>
        <QueryClientProvider client={newQueryClient()}>
          <App />
        </QueryClientProvider>
      </Crash>
    </StrictMode>,
  );
}
