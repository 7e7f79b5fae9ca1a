import type { CauseReason } from '../../src/domain/reason.ts';
import type { Load } from './load/load.ts';
import type { ShopOptions } from './manifests.ts';
import type { OptionalPartName } from './parts-list.ts';
import type { ShopControl } from './shop-control.ts';
import type { World } from './world.ts';

/** Everything that a fault may touch while it is on. */
export interface Stage {
  readonly world: World;
  readonly load: Load;
  readonly shop: ShopControl;
  readonly seed: number;
}

/** An object of the API server that a repair may change, and which of its fields. */
export interface MayMove {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Paths below the object, such as `spec.replicas`; a path covers what is below it. */
  readonly fields: readonly string[];
  /** come-and-go: pods may be added or taken away, as a scale-out and its return do. restart: they may also be restarted. */
  readonly pods: 'stay' | 'come-and-go' | 'restart';
}

/** One way in which the shop goes wrong, what Hale should make of it, and what must not move. */
export interface Fault {
  readonly id: string;
  readonly description: string;
  /** Part of `--smoke`. */
  readonly smoke: boolean;
  /** Parts of the world that most faults do without; they are found and started for this one. */
  readonly needs?: readonly OptionalPartName[];
  /** Where the shop differs from the quiet one before the fault, and the load under which it is at ease. */
  readonly shop?: Partial<ShopOptions>;
  /** Processors of each played node, where they are to be fewer than usual. */
  readonly nodeProcessors?: number;
  readonly quietRatePerS: number;
  /** How long the quiet shop is watched before, where what is usual takes longer to tell. */
  readonly quietMs?: number;
  /** Null: nothing is wrong, so no incident may be opened. */
  readonly causeExpected: CauseReason | null;
  /** Id of a remediation, or `notify` where only a person can help; null where nothing is wrong. */
  readonly leverExpected: string | null;
  /** Remediation that looks right, would do harm, and so must be refused. */
  readonly refusedExpected?: string;
  readonly mayMove: readonly MayMove[];
  /** Makes what is there on an ordinary day, beside the shop; runs before anything is watched. */
  before?(stage: Stage): Promise<void>;
  on(stage: Stage): Promise<void>;
  /** Must also work when `on` failed half way. */
  off(stage: Stage): Promise<void>;
  /** The right lever, pulled by hand: it has to make users well again. Left out where they were never hurt. */
  cure?(stage: Stage): Promise<void>;
  /** The refused lever, pulled by hand: users must stay hurt. */
  harm?: (stage: Stage) => Promise<void>;
}
