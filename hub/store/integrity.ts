import type Database from "better-sqlite3";

/**
 * What is wrong with a file: in SQLite's words, and where that finds nothing, records that are no JSON, as SQLite does not
 * know what is written in its rows. The quick check leaves out whether indexes fit their tables.
 */
export function findProblems(db: Database.Database, check: "quick_check" | "integrity_check"): string[] {
  const found = db.prepare(`PRAGMA ${check}`).pluck().all() as string[];
  const problems = found.filter((line) => line !== "ok");
  return problems.length > 0 ? problems : findGarbage(db);
}

/** Every `body` is the JSON of a whole record. */
function findGarbage(db: Database.Database): string[] {
  const withBody = db.prepare(`SELECT t.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND c.name = 'body'`);
  return (withBody.pluck().all() as string[]).flatMap((table) => {
    const garbage = db.prepare(`SELECT count(*) FROM ${table} WHERE NOT json_valid(body)`).pluck().get() as number;
    return garbage > 0 ? [`${garbage} ${garbage === 1 ? "row" : "rows"} of ${table} cannot be read`] : [];
  });
}
