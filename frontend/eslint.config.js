import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// Names and what is typed stay as they are: one word, in small letters or as an example in a field.
const texts = [
  "JSXText[value=/[A-Za-z]{2}/]:not([value=/^\\s*(Metapi|metapi ui)\\s*$/])",
  "JSXAttribute[name.name=/^(about|aria-label|children|description|label|note|title)$/] > Literal[value=/^[A-Z]|\\s/]",
  "JSXAttribute[name.name=placeholder] > Literal[value=/\\s/]",
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
    rules: {
      "no-restricted-syntax": ["error", ...texts.map((selector) => ({ selector, message: "What a person reads goes through t(), plural() or Trans: see src/words." }))],
    },
  },
);
