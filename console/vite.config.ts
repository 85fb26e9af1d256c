import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const target = process.env.TANDEM_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    // dist/.gitkeep is committed so that a clean clone compiles without Node; public has one, which the build copies.
    emptyOutDir: true,
    // Data URLs would need their own content-security policy entry.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: {
    // The product takes changes from its own origin only.
    proxy: { "/api": { target, ws: true, changeOrigin: true, headers: { origin: target } } },
  },
});
