import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const yetInEnglish = [
  "src/pages/Doctor.tsx",
  "src/pages/Tools.tsx",
  "src/pages/doctor/**",
  "src/pages/tools/**",
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
