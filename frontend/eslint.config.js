import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const yetInEnglish = [
  "src/pages/accounts/AddAccount.tsx",
  "src/pages/explain/Ask.tsx",
  "src/pages/first/Paste.tsx",
  "src/pages/routing/**",
  "src/pages/settings/**",
  "src/shell/**",
  "src/ui/Proxy.tsx",
];

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts", "wailsjs"] },
  ...tseslint.configs.strict,
  {
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_$" }],
    },
  },
  {
    files: ["src/**/*.tsx"],
    ignores: yetInEnglish,
    rules: {
      "no-restricted-syntax": ["error", ...["JSXText[value=/[A-Za-z]{2}/]", "JSXAttribute[name.name=/^(about|aria-label|children|description|label|note|placeholder|title)$/] > Literal"].map((selector) => ({ selector, message: "What a person reads goes through t(), plural() or Trans: see src/words." }))],
    },
  },
);
