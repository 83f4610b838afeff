export * from "#base/schema.ts";
