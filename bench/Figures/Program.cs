using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Figures;
using Quiescent;

// Medians, with the lowest and highest, of rounds in which all contenders take turns.
const int Rounds = 9;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using RcuDomain asymmetric = new();
using RcuDomain full = new(new RcuDomainOptions { ReadSideBarrier = ReadSideBarrier.Full });
(string Name, string Unit, Func<double> Measure)[] contenders =
[
    ("plain dereference (the floor)", "ns", () => Sections.NanosecondsPerOperation(Time(Sections.Floor))),
    ("section: Rcu.ReadLock", "ns", () => Sections.NanosecondsPerOperation(Time(Sections.Guard))),
    ("section: a domain's ReadLock", "ns", () => Sections.NanosecondsPerOperation(Time(Sections.GuardOfDomain))),
    ("section: handle", "ns", () => Sections.NanosecondsPerOperation(Time(Sections.Handle))),
    ("section: handle, online", "ns", () => Sections.NanosecondsPerOperation(Time(Sections.Online))),
    ("malloc, exchange, free at once", "M/s", () => Floods.MillionsPerSecond(Time(Floods.AtOnce))),
    ("malloc, exchange, Rcu.Free", "M/s", () => Floods.MillionsPerSecond(Time(Floods.HeadLess))),
    ("malloc, exchange, Rcu.Free with head", "M/s", () => Floods.MillionsPerSecond(Time(Floods.WithHead))),
    ("Synchronize, no reader", "us", () => GracePeriods.MedianMicroseconds(asymmetric, withBusyReader: false)),
    ("Synchronize, one busy reader", "us", () => GracePeriods.MedianMicroseconds(asymmetric, withBusyReader: true)),
    ("Synchronize, one busy reader, Full", "us", () => GracePeriods.MedianMicroseconds(full, withBusyReader: true)),
    ("Barrier, nothing waits", "us", GracePeriods.EmptyBarrierMicroseconds),
];

List<double>[] results = [.. contenders.Select(_ => new List<double>())];
for (int round = -1; round < Rounds; round++)
{
    Console.Error.Write(round < 0 ? "warming up …" : $"\rround {round + 1} of {Rounds} …   ");
    for (int i = 0; i < contenders.Length; i++)
    {
        double result = contenders[i].Measure();
        if (round >= 0)
        {
            results[i].Add(result);
        }
    }
}

Console.Error.Write("\r                       \r");
Console.WriteLine($".NET {Environment.Version}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}");
Console.WriteLine($"{"",-38}{"median",9}{"lowest",9}{"highest",9}");
for (int i = 0; i < contenders.Length; i++)
{
    results[i].Sort();
    Console.WriteLine($"{contenders[i].Name,-38}{results[i][Rounds / 2],9:0.00}{results[i][0],9:0.00}{results[i][^1],9:0.00} {contenders[i].Unit}");
}

static TimeSpan Time(Action action)
{
    long start = Stopwatch.GetTimestamp();
    action();
    return Stopwatch.GetElapsedTime(start);
}
