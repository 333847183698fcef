using System.Buffers.Binary;
using System.Text;
using Sallyport.Tools.Fuzzer.Generation;
using Sallyport.Tools.Fuzzer.Trees;
using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Runs;

/// <summary>Sends a case's statements to one side and keeps what comes back.</summary>
internal static class Exchange
{
    private const int MaxExecutes = 4;

    public static async Task<List<Frame>> RunAsync(Client client, Case @case, bool second)
    {
        var all = new List<Frame>();
        var bytes = new List<byte>();
        for (var i = 0; i < @case.Steps.Count; i++)
        {
            var step = @case.Steps[i];
            bytes.AddRange(Messages(step, i, second));
            if (step.IsPiped && i < @case.Steps.Count - 1)
            {
                continue;
            }

            if (step.Protocol != Protocol.Simple)
            {
                bytes.AddRange(Frame.Of('S', []));
            }

            await client.SendAsync([.. bytes]);
            bytes.Clear();
            var answer = await client.ReadToReadyAsync();
            all.AddRange(answer);
            while (answer[^1].Type == 'G')
            {
                await client.SendAsync(Frame.Of('f', Client.Text("no data")));
                answer = await client.ReadToReadyAsync();
                all.AddRange(answer);
            }

            if (answer[^1].Type == '!')
            {
                break;
            }
        }

        return all;
    }

    private static List<byte> Messages(Step step, int index, bool second)
    {
        var sql = PhiLiteral.Fill(step.Sql.Sql(second), second);
        if (step.Protocol == Protocol.Simple)
        {
            return [.. Frame.Of('Q', Client.Text(sql))];
        }

        // Every second statement has a name; an earlier case may have left one.
        var name = index % 2 == 0 ? "" : $"s{index}";
        var messages = new List<byte>();
        if (name.Length > 0)
        {
            messages.AddRange(Frame.Of('C', [(byte)'S', .. Client.Text(name)]));
        }

        messages.AddRange(Frame.Of('P', [.. Client.Text(name), .. Client.Text(sql), 0, 0]));
        if (step.Describe == 'S')
        {
            messages.AddRange(Frame.Of('D', [(byte)'S', .. Client.Text(name)]));
        }

        messages.AddRange(Bind(step, name, second));
        if (step.Describe == 'P')
        {
            messages.AddRange(Frame.Of('D', [(byte)'P', 0]));
        }

        for (var i = 0; i < (step.Rows > 0 ? MaxExecutes : 1); i++)
        {
            messages.AddRange(Frame.Of('E', [0, .. Frame.Int32(step.Rows)]));
        }

        return messages;
    }

    private static byte[] Bind(Step step, string name, bool second)
    {
        var body = new List<byte>([0, .. Client.Text(name), 0, 0]);
        var count = new byte[2];
        BinaryPrimitives.WriteInt16BigEndian(count, (short)step.Parameters.Count);
        body.AddRange(count);
        foreach (var value in step.Parameters.Select(p => p.Text(second)))
        {
            var bytes = Encoding.UTF8.GetBytes(value ?? "");
            body.AddRange(Frame.Int32(value is null ? -1 : bytes.Length));
            body.AddRange(bytes);
        }

        body.AddRange(step.Protocol == Protocol.Binary ? [0, 1, 0, 1] : [0, 0]);
        return Frame.Of('B', [.. body]);
    }
}
