import type { ProtocolError } from "../protocol/errors.ts";
import { refuse } from "../protocol/errors.ts";
import { Refused } from "./handler.ts";

/** What came of a question that takes its time. */
export type LateAnswer = { ok: true; result: object } | { ok: false; error: ProtocolError };

/**
 * Questions that are being answered outside the batches. One that comes again meanwhile, as it does every two seconds, is
 * not begun once more: it gets the answer to the first.
 */
export interface UnderWay {
  /** The keyed hash of what is being answered under this key; undefined when nothing is. */
  asked(key: string): Buffer | undefined;
  /**
   * Begins it, unless it is under way.
   *
   * @param keep called once with an answer that stays: makes it durable. Where it throws, an answer that must be kept is
   * not given; any other is, and whoever asks once more is told how it is then.
   * @param say called with the answer, for each who asked.
   */
  ask(key: string, question: Question, say: (answer: LateAnswer) => void): void;
}

interface Question {
  hash: Buffer;
  mustKeep: boolean;
  begin(): Promise<object>;
  keep(answer: LateAnswer): void;
}

export function createUnderWay(): UnderWay {
  const open = new Map<string, { hash: Buffer; waiting: ((answer: LateAnswer) => void)[] }>();

  async function answerOf({ begin, keep, mustKeep }: Question): Promise<LateAnswer> {
    try {
      const answer: LateAnswer = await begin().then(
        (result) => ({ ok: true, result }),
        (error: unknown) => {
          if (error instanceof Refused) return { ok: false, error: error.error };
          throw error;
        },
      );
      try {
        keep(answer);
      } catch (error) {
        if (mustKeep) throw error;
      }
      return answer;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { ok: false, error: refuse("unavailable", `not possible now: ${why}`) };
    }
  }

  return {
    asked: (key) => open.get(key)?.hash,
    ask(key, question, say) {
      const before = open.get(key);
      if (before) {
        before.waiting.push(say);
        return;
      }
      const waiting = [say];
      open.set(key, { hash: question.hash, waiting });
      void answerOf(question).then((answer) => {
        open.delete(key);
        for (const each of waiting) each(answer);
      });
    },
  };
}
