using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Xunit;

namespace Quiescent.Tool.Tests.Scale.Native;

// A program that cannot be built here is absent, and says why; the answer of a program of our own is the reading. The
// programs of these tests are shell scripts, so that no library is needed.
public sealed class NativePeersTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("quiescent-native");

    private string Sources => Path.Combine(_folder.FullName, "sources");

    private string Cache => Path.Combine(_folder.FullName, "cache");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_program_whose_library_is_not_installed_is_absent_and_names_the_package()
    {
        WriteSources("exit 0");
        NativeProgram program = new("peer", [Requirement.Header("no_such_library.h", "libnosuch-dev")]);

        Assert.Equal("not installed: libnosuch-dev", Absent(program));
    }

    [Fact]
    public void A_program_whose_compiler_is_not_installed_is_absent_and_names_the_package()
    {
        WriteSources("exit 0");
        NativeProgram program = new("peer", [Requirement.Command("no-such-compiler", "nosuch")]);

        Assert.Equal("not installed: nosuch", Absent(program));
    }

    [Fact]
    public void A_program_whose_crate_is_not_installed_is_absent_and_names_the_package()
    {
        WriteSources("exit 0");
        NativeProgram program = new("peer", [Requirement.Crate("no-such-crate", "librust-no-such-crate-dev")]);

        Assert.Equal("not installed: librust-no-such-crate-dev", Absent(program));
    }

    [Fact]
    public void Without_sources_every_program_is_absent() =>
        Assert.Equal("its sources are not beside the tool", Absent(new NativeProgram("peer", [])));

    [Fact]
    public void An_absent_contestant_takes_no_turn()
    {
        Contestant contestant = Peers().Contestant("peer", new NativeProgram("peer", []), "r1");

        Assert.Throws<InvalidOperationException>(() => contestant.Measure(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_program_that_does_not_build_is_absent_and_says_why()
    {
        RequireMake();
        Directory.CreateDirectory(Sources);
        File.WriteAllText(Path.Combine(Sources, "Makefile"), "peer:\n\t@echo no such flavour >&2; exit 1\n");

        string? absent = Absent(new NativeProgram("peer", []));

        Assert.Equal("does not build: no such flavour", absent);
    }

    [Fact]
    public void A_program_is_given_its_workload_its_time_and_its_arguments_and_its_answer_is_the_reading()
    {
        RequireMake();
        WriteSources(
            "[ \"$*\" = 'f1 seconds=0.5 updaters=2 form=defer' ] "
            + "&& echo '{\"value\": 7, \"details\": {\"peak MiB\": 1}}'");

        Contestant contestant = Peers().Contestant(
            "a peer", new NativeProgram("peer", []), "f1", ("updaters", 2), ("form", "defer"));

        Assert.Null(contestant.Absent);
        Reading reading = contestant.Measure(TimeSpan.FromSeconds(0.5));
        Assert.Equal(7, reading.Value);
        Assert.Equal([new Detail("peak MiB", 1)], reading.Details);
    }

    [Fact]
    public void A_program_that_fails_is_a_failure_with_its_last_words()
    {
        RequireMake();
        WriteSources("echo no memory >&2; exit 1");

        Contestant contestant = Peers().Contestant("a peer", new NativeProgram("peer", []), "f1");

        string message =
            Assert.Throws<InvalidOperationException>(() => contestant.Measure(TimeSpan.FromSeconds(1))).Message;
        Assert.Contains("exit code 1: no memory", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_is_built_once_and_again_when_its_sources_change()
    {
        RequireMake();
        NativeProgram program = new("peer", []);
        WriteSources("exit 0");
        string? first = Builder().Get(program).Path;
        DateTime built = File.GetLastWriteTimeUtc(first!);

        Assert.Equal(first, Builder().Get(program).Path);
        Assert.Equal(built, File.GetLastWriteTimeUtc(first!));
        WriteSources("exit 1");
        Assert.NotEqual(first, Builder().Get(program).Path);
    }

    [Theory]
    [InlineData("R1/1")]
    [InlineData("R1/2")]
    [InlineData("R1-loop/1")]
    [InlineData("R2")]
    [InlineData("G/idle/512")]
    [InlineData("G/busy")]
    [InlineData("G/full")]
    [InlineData("G/online")]
    [InlineData("G/callers/64")]
    [InlineData("F1/1u0r")]
    [InlineData("F1/2u1r")]
    [InlineData("F1/random")]
    [InlineData("F2/2u")]
    [InlineData("B/empty")]
    [InlineData("B/100000")]
    [InlineData("C/get/1M/2")]
    [InlineData("C/get/20M/1/zipf")]
    [InlineData("C/batch/1M")]
    [InlineData("C/updates/1M/1")]
    [InlineData("C/replace/1M/1")]
    [InlineData("C/read-heavy/1M/1")]
    [InlineData("C/exchange/1M/1")]
    [InlineData("C/rapid-grow/1M/1")]
    [InlineData("C/fill/1M/1")]
    [InlineData("C/fill-longest/1M")]
    [InlineData("C/bytes/1M")]
    public void Contests_have_native_peers_whose_names_differ(string contestId)
    {
        string[] names = [.. new NativeContestants(Peers()).For(contestId).Select(contestant => contestant.Name)];

        Assert.NotEmpty(names);
        Assert.Distinct(names);
    }

    [Theory]
    [InlineData("I")]
    [InlineData("T")]
    [InlineData("F1-managed")]
    [InlineData("C/gc/1M")]
    public void Contests_about_the_runtime_have_none(string contestId) =>
        Assert.Empty(new NativeContestants(Peers()).For(contestId));

    private static void RequireMake() =>
        Assert.SkipUnless(Requirement.Command("make", "make").IsPresent(), "make is not installed");

    // A Makefile whose program is a script that answers 2 without a workload, as all programs do.
    private void WriteSources(string script)
    {
        Directory.CreateDirectory(Sources);
        File.WriteAllText(Path.Combine(Sources, "peer.sh"), $"#!/bin/sh\n[ $# -gt 0 ] || exit 2\n{script}\n");
        File.WriteAllText(
            Path.Combine(Sources, "Makefile"), "peer:\n\tcp peer.sh $(OUT)/peer && chmod +x $(OUT)/peer\n");
    }

    private NativeBuilder Builder() => new(Sources, Cache, _ => { });

    private NativePeers Peers() => new(Builder());

    private string? Absent(NativeProgram program) =>
        Peers().Contestant("a peer", program, "r1").Absent;
}
