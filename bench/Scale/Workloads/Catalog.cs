using System.Reflection;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Workloads;

// Everything that quiescent scale measures.
internal static class Catalog
{
    public static IReadOnlyList<Contest> All() =>
    [
        .. ReadSide.Contests(),
    ];

    public static Machine DescribeMachine() => Machine.Describe(
        [
            ("Quiescent", typeof(Rcu).Assembly),
            ("Tsavorite (Microsoft.Garnet)", typeof(Tsavorite.core.LightEpoch).Assembly),
            ("Microsoft.FASTER.Core", typeof(FASTER.core.LightEpoch).Assembly),
            ("DotNext", typeof(DotNext.Threading.Epoch).Assembly),
        ],
        native: []);
}
