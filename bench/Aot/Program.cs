using System.Globalization;
using Quiescent;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;
using Quiescent.Scale.Workloads;

// Aot FORM SECONDS: prints nanoseconds per operation as the native peers do.
Contestant? contestant = args is [_, _] ? Find(args[0]) : null;
if (contestant is null || !double.TryParse(args[1], CultureInfo.InvariantCulture, out double seconds))
{
    Console.Error.WriteLine("usage: Aot guard|handle|plain SECONDS");
    return 2;
}

double value = contestant.Measure(TimeSpan.FromSeconds(seconds)).Value;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"value\": {value:0.####}}}"));
return 0;

static Contestant? Find(string form) => form switch
{
    "guard" => Calling<Guard, Nothing>(form),
    "handle" => Calling<Handle, RcuReader>(form),
    "plain" => Calling<PlainDereference, Nothing>(form),
    _ => null,
};

static Contestant Calling<TSide, TState>(string name)
    where TSide : IReadSide<TState>
    where TState : allows ref struct => ReadLoop.Of<Called<TSide, TState>, TState>(name, Side.Ours, threads: 1);
