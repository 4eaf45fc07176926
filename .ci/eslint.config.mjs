// Rules for the scripts of the recorder's page; `.ci/run` asks for them.
const browser = ["document", "window", "matchMedia", "getComputedStyle", "ImageData", "setTimeout", "clearTimeout",
  "performance", "atob", "module", "Engine"];
const globals = Object.fromEntries(browser.map((name) => [name, "readonly"]));

export default [
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "script", globals },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "error", "no-unused-vars": ["error", { varsIgnorePattern: "^Engine$" }], "prefer-const": "error",
      "no-var": "error", eqeqeq: "error", "no-shadow": "error", "no-unreachable": "error", "no-redeclare": ["error", { builtinGlobals: false }],
      "no-dupe-keys": "error", "no-fallthrough": "error", "no-implicit-globals": "off", "no-use-before-define": ["error", { functions: false, variables: false }],
      "max-len": ["error", { code: 140, ignoreStrings: true, ignoreTemplateLiterals: true }], "strict": ["error", "global"],
      "no-self-compare": "error", "no-constant-condition": "error", "no-loss-of-precision": "error", "use-isnan": "error", "valid-typeof": "error",
    },
  },
];
