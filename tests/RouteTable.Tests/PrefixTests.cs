using RouteTable.Data;

namespace RouteTable.Tests;

public sealed class PrefixTests
{
    [Theory]
    [InlineData("0.0.0.0/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("10.0.0.0/8", "10.0.0.0", "10.255.255.255")]
    [InlineData("192.168.7.128/25", "192.168.7.128", "192.168.7.255")]
    [InlineData("255.255.255.255/32", "255.255.255.255", "255.255.255.255")]
    public void A_prefix_covers_from_its_first_to_its_last_address(string text, string first, string last)
    {
        Prefix prefix = Tables.Prefix(text);
        Assert.Equal(Tables.Address(first), prefix.First);
        Assert.Equal(Tables.Address(last), prefix.Last);
        Assert.True(prefix.Contains(prefix.First));
        Assert.True(prefix.Contains(prefix.Last));
        Assert.Equal(prefix.Length == 0, prefix.Contains(prefix.Last + 1));
        Assert.Equal(text, prefix.ToString());
    }

    [Fact]
    public void A_prefix_stands_before_those_that_it_covers()
    {
        Assert.True(Tables.Prefix("10.0.0.0/8") < Tables.Prefix("10.0.0.0/9"));
        Assert.True(Tables.Prefix("10.0.0.0/8") < Tables.Prefix("10.128.0.0/9"));
        Assert.True(Tables.Prefix("10.255.255.255/32") < Tables.Prefix("11.0.0.0/8"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.04")]
    [InlineData("1.2..4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("+1.2.3.4")]
    [InlineData("1.2.3.99999999999999999999")]
    public void Text_that_is_no_address_is_refused(string text) =>
        Assert.False(Ipv4.TryParse(System.Text.Encoding.UTF8.GetBytes(text), out _));
}
