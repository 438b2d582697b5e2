using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Xunit;

namespace Quiescent.Tool.Tests.Scale.Native;

public sealed class NativeAnswerTests
{
    [Fact]
    public void An_answer_has_a_value_and_details_by_name()
    {
        Reading reading = NativeAnswer.Parse("{\"value\": 22.5, \"details\": {\"p99 µs\": 31.25, \"calls\": 65536}}\n");

        Assert.Equal(22.5, reading.Value);
        Assert.Equal([new Detail("p99 µs", 31.25), new Detail("calls", 65536)], reading.Details);
    }

    [Fact]
    public void Details_may_be_left_out() => Assert.Empty(NativeAnswer.Parse("{\"value\": 1}").Details);

    [Theory]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("{\"details\": {}}")]
    [InlineData("{\"value\": \"fast\"}")]
    [InlineData("{\"value\": nan, \"details\": {}}")]
    [InlineData("{\"value\": 1, \"details\": 2}")]
    [InlineData("{\"value\": 1} {\"value\": 2}")]
    public void Anything_else_is_no_answer(string output) =>
        Assert.Throws<FormatException>(() => NativeAnswer.Parse(output));
}
