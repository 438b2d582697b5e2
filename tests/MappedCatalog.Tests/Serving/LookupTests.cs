using System.Net;
using System.Text;
using System.Text.Json;
using MappedCatalog.Serving;
using MappedCatalog.Tests.Support;

namespace MappedCatalog.Tests.Serving;

public sealed class LookupTests
{
    [Fact]
    public async Task An_address_is_answered_with_its_prefix_its_origin_and_the_tables_date()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        JsonElement answer = await service.GetAsync("/lookup/10.1.2.3");
        Assert.Equal("10.1.2.3", answer.GetProperty("address").GetString());
        Assert.Equal("10.0.0.0/8", answer.GetProperty("prefix").GetString());
        Assert.Equal("10.0.0.0", answer.GetProperty("first").GetString());
        Assert.Equal("10.255.255.255", answer.GetProperty("last").GetString());
        Assert.Equal(2010u, answer.GetProperty("origin").GetUInt32());
        Assert.Equal("2026-01-01", answer.GetProperty("table").GetString());
        Assert.Equal(1, answer.GetProperty("edition").GetInt64());

        service.Swap();
        answer = await service.GetAsync("/lookup/10.1.2.3");
        Assert.Equal(1010u, answer.GetProperty("origin").GetUInt32());
        Assert.Equal("2025-01-01", answer.GetProperty("table").GetString());
        Assert.Equal(2, answer.GetProperty("edition").GetInt64());
    }

    [Fact]
    public async Task An_address_without_a_route_is_an_answer_too()
    {
        DatedTable[] tables = [.. Tables.Distinct.Select(table => table with { Routes = table.Routes[..1] })];
        await using Service service = await Service.StartAsync(tables);
        JsonElement answer = await service.GetAsync("/lookup/10.1.2.3");
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("prefix").ValueKind);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("origin").ValueKind);
        Assert.Equal("1.0.0.0", answer.GetProperty("first").GetString());
    }

    [Theory]
    [InlineData("8.8.8")]
    [InlineData("8.8.8.256")]
    [InlineData("08.8.8.8")]
    [InlineData("::1")]
    [InlineData("eight")]
    [InlineData("8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8.8")]
    public async Task Text_that_is_no_address_is_refused_with_the_reason(string text)
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response = await service.SendAsync(HttpMethod.Get, $"/lookup/{text}");
        await AssertProblemAsync(response, HttpStatusCode.BadRequest, $"'{text}' is not an IPv4 address");
        Assert.Equal((1, 0), (service.Traffic.Refused, service.Traffic.Failed));
    }

    [Theory]
    [InlineData("1.1.1.1\n2.2.2.2\n")]
    [InlineData("1.1.1.1\r\n2.2.2.2")]
    [InlineData("\n 1.1.1.1 \n\n\t2.2.2.2\n\n")]
    public async Task Posted_addresses_are_answered_in_their_order(string body)
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response = await service.PostAsync(new StringContent(body));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement batch = await Service.JsonOf(response);
        Assert.Equal("2026-01-01", batch.GetProperty("table").GetString());
        Assert.Equal(
            ["1.0.0.0/8", "2.0.0.0/8"],
            batch.GetProperty("answers").EnumerateArray().Select(one => one.GetProperty("prefix").GetString()));
    }

    [Fact]
    public async Task A_body_without_addresses_has_no_answers()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response = await service.PostAsync(new StringContent(""));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(0, (await Service.JsonOf(response)).GetProperty("answers").GetArrayLength());
    }

    [Fact]
    public async Task The_largest_number_of_addresses_is_answered_and_one_more_is_refused()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        string most = string.Concat(Enumerable.Repeat("255.255.255.255\n", Lookups.MostAddresses));
        using HttpResponseMessage all = await service.PostAsync(new StringContent(most));
        Assert.Equal(Lookups.MostAddresses, (await Service.JsonOf(all)).GetProperty("answers").GetArrayLength());
        using HttpResponseMessage tooMany = await service.PostAsync(new StringContent(most + "1.1.1.1"));
        await AssertProblemAsync(tooMany, HttpStatusCode.RequestEntityTooLarge, "more than 10000 addresses");
    }

    [Theory]
    [InlineData("1.1.1.1\n1.1.1\n", "Line 2: '1.1.1' is not an IPv4 address")]
    [InlineData("[\"1.1.1.1\"]", "Line 1: ")]
    [InlineData("1.1.1.1\n\u00E9", "Line 2: ")]
    public async Task A_line_that_is_no_address_is_refused_with_its_number(string body, string reason)
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response = await service.PostAsync(new StringContent(body));
        await AssertProblemAsync(response, HttpStatusCode.BadRequest, reason);
    }

    [Theory]
    [InlineData(65)]
    [InlineData(100_000)]
    public async Task A_line_without_end_is_refused_and_not_gathered(int length)
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response = await service.PostAsync(new StringContent(new string('1', length)));
        await AssertProblemAsync(response, HttpStatusCode.BadRequest, "Line 1 is longer than 64 bytes");
    }

    [Fact]
    public async Task A_body_of_more_than_a_mebibyte_is_refused()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage response =
            await service.PostAsync(new StringContent(new string('\n', (1 << 20) + 1)));
        await AssertProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "too large");
        Assert.Equal(0, service.Traffic.Failed);
    }

    [Fact]
    public async Task Addresses_that_do_not_come_in_are_not_waited_for_without_end()
    {
        await using Service service =
            await Service.StartAsync(Tables.Distinct, sectionLimit: TimeSpan.FromMilliseconds(50));
        using var body = new PiecewiseContent();
        Task<HttpResponseMessage> posted = service.PostAsync(body);
        await body.WriteAsync("1.1.1.1\n");
        await Service.UntilAsync(() => service.Catalog is { Sections: 1, SectionsOpen: 0 }, "the section has ended");
        body.Complete();
        using HttpResponseMessage response = await posted;
        await AssertProblemAsync(response, HttpStatusCode.RequestTimeout, "took longer than 0.05 s");
    }

    [Fact]
    public async Task Other_paths_are_not_found_and_other_methods_not_allowed()
    {
        await using Service service = await Service.StartAsync(Tables.Distinct);
        using HttpResponseMessage none = await service.SendAsync(HttpMethod.Get, "/none");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        using HttpResponseMessage put = await service.SendAsync(HttpMethod.Put, "/lookup");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, put.StatusCode);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string reason)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = await Service.JsonOf(response);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
    }
}
