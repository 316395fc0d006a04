import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // the pages are served at / in the window and at /ui/ in a browser
  plugins: [react()],
  server: { fs: { allow: [".."] } }, // what Metapi says in other languages stands in backend/words
  build: {
    target: "es2022", // WebKitGTK 2.40 and WebView2 know it
    emptyOutDir: true, // public/.keep comes back with each build
    chunkSizeWarningLimit: 1500, // it comes from this machine, not over a network
  },
});
