/* The intrusive queue: Callbacks/HeadQueue.cs.
 *
 * One producer pushes heads that link to the head pushed before; one consumer at a time snapshots (count, cell, count), walks
 * as many heads down as positions say, and frees them; freed heads are pushed again, so stale links point to live heads.
 * Every item must be carried out once, none lost. Twins, each of which must fail:
 *   NO_RECHECK   the count is not read again after the cell
 *   ONE_CELL     the newest head stands in one cell, not two in turn
 *   BY_POINTER   the walk ends at the head that was on top of the last snapshot, not after a number of heads
 */
#define HEADS 3
#define PUSHES 5

byte count = 0, carried = 0;     /* positions */
byte cell[2];                    /* heads are 1..HEADS, 0 is none */
byte link[HEADS + 1];
byte itemAt[HEADS + 1];          /* ghost: the position a head was pushed at; 0 when it is free */
byte lastTop = 0;

active proctype Producer()
{
  byte h, k;
  for (k : 1 .. PUSHES) {
    if                           /* any free head */
    :: atomic { itemAt[1] == 0 -> h = 1; itemAt[1] = k }
    :: atomic { itemAt[2] == 0 -> h = 2; itemAt[2] = k }
    :: atomic { itemAt[3] == 0 -> h = 3; itemAt[3] = k }
    fi;
#ifdef ONE_CELL
    link[h] = cell[0];
    cell[0] = h;
#else
    link[h] = cell[(k - 1) % 2];
    cell[k % 2] = h;             /* [H] */
#endif
    count = k;                   /* [I] */
  }
}

active [2] proctype Consumer()
{
  byte c, again, top, h, next, n;
  do
  :: carried == PUSHES -> break
  :: atomic { count != carried && lastTop != 255 -> n = lastTop; lastTop = 255 };   /* the queue's lock */
     do
     :: c = count;
#ifdef ONE_CELL
        top = cell[0];
#else
        top = cell[c % 2];
#endif
#ifdef NO_RECHECK
        break
#else
        again = count;
        if :: again == c -> break :: else -> skip fi
#endif
     od;
     h = top;
     again = c;
#ifdef BY_POINTER
     do
     :: h != n && h != 0 ->
#else
     do
     :: again > carried ->
#endif
        next = link[h];
        assert(itemAt[h] == again);    /* the very item, still queued: neither skipped, repeated nor freed */
        itemAt[h] = 0;
        h = next;
        again--
     :: else -> break
     od;
     assert(again == carried);
     carried = c;
     atomic { lastTop = top; c = 0; again = 0; h = 0; next = 0; top = 0; n = 0 }
  od
}
