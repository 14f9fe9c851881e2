/** SQLite by sql.js's own glue from npm, over a module that the caller has compiled. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface Database {
  run(sql: string): void;
  exec(sql: string): { columns: string[]; values: unknown[][] }[];
  close(): void;
}
interface Sqlite {
  Database: new () => Database;
  exports: WebAssembly.Exports;
}
type Init = (options: object) => Promise<Pick<Sqlite, 'Database'>>;

/** A fresh instance each time: the glue remembers its first, so it is loaded anew. */
export async function openSqlite(module: WebAssembly.Module): Promise<Sqlite> {
  const glue = require.resolve('sql.js');
  Reflect.deleteProperty(require.cache, glue);
  const init = require(glue) as Init;
  let instance: WebAssembly.Instance | undefined;
  const { Database } = await init({
    instantiateWasm: (imports: WebAssembly.Imports, ready: (made: WebAssembly.Instance) => void) => {
      instance = new WebAssembly.Instance(module, imports);
      ready(instance);
      return instance.exports;
    },
  });
  return { Database, exports: instance!.exports };
}
