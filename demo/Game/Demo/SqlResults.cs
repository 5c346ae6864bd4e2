using Game.Analysis.Results;
using Game.Analysis.Sql;
using Game.Cli.Processes;
using Game.WebHdfs;

namespace Game.Cli.Demo;

/// <summary>The results of a few queries over the rows in HDFS, run as <c>./game query</c> runs them.</summary>
internal static class SqlResults
{
    private static readonly string[] Statements =
    [
        """
        select rule, severity, count(*) as alerts, round(avg(score), 2) as mean
        from alerts group by all order by alerts desc
        """,
        """
        select country, count(*) as logins, count(distinct user_id) as players,
        count(*) filter (outcome <> 'ok') as failed
        from logins group by all order by logins desc limit 5
        """,
        """
        select channel, count(*) as trades, sum(abs(gold_delta)) / 2 as gold_moved
        from trades group by all order by trades desc
        """,
    ];

    public static async Task<string> ReadAsync(IWebHdfs hdfs, string cacheFolder, CancellationToken cancellation)
    {
        using SqlSession session = await SqlSession.OpenAsync(hdfs, SystemOptions.Warehouse, cacheFolder, static _ => { }, cancellation);
        using StringWriter text = new();
        foreach (string statement in Statements)
        {
            await text.WriteLineAsync("sql> " + statement.Replace("\n", "\n     ", StringComparison.Ordinal));
            await session.RunAsync(statement, new ResultWriter(ResultForm.Table, text, OutputScreen.Width, static _ => { }), cancellation);
        }

        return text.ToString();
    }
}
