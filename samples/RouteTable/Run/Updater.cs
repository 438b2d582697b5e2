using RouteTable.Trie;
using RouteTable.Truth;

namespace RouteTable.Run;

/// <summary>
/// The one thread that changes the trie: a step of the replay after the other, each announced before and after.
/// </summary>
internal sealed class Updater<TMemory>(RouteTrie<TMemory> trie, Replay replay, StepCounter counter, StopFlag stop)
    : Worker("updater", stop)
    where TMemory : struct, INodeMemory
{
    protected override int DoSome()
    {
        const int Steps = 16;
        for (int i = 0; i < Steps; i++)
        {
            long step = counter.Finished;
            counter.Begin();
            replay.Apply(trie, step);
            counter.End();
        }

        return Steps;
    }
}
