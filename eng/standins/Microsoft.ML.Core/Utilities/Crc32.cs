using System.Buffers.Binary;

namespace Microsoft.ML.Internal.Utilities;

/// <summary>The CRC-32 of zip and PNG files: polynomial 0xEDB88320, reflected, initial value and final XOR all ones.</summary>
internal static class Crc32
{
    // Tables[k][b] is the CRC of byte b followed by k zero bytes, so that eight bytes are taken in one step.
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The checksum of <paramref name="data"/>, or of what gave <paramref name="previous"/> followed by it.</summary>
    public static uint Compute(ReadOnlySpan<byte> data, uint previous = 0)
    {
        uint crc = ~previous;
        while (data.Length >= 8)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(data);
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = Tables[7][low & 0xFF] ^ Tables[6][low >> 8 & 0xFF] ^ Tables[5][low >> 16 & 0xFF] ^ Tables[4][low >> 24]
                ^ Tables[3][high & 0xFF] ^ Tables[2][high >> 8 & 0xFF] ^ Tables[1][high >> 16 & 0xFF] ^ Tables[0][high >> 24];
            data = data[8..];
        }
        foreach (byte value in data)
            crc = crc >> 8 ^ Tables[0][(crc ^ value) & 0xFF];
        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = new uint[8][];
        for (int k = 0; k < tables.Length; k++)
        {
            tables[k] = new uint[256];
            for (uint value = 0; value < 256; value++)
            {
                uint crc = k == 0 ? value : tables[k - 1][value];
                if (k == 0)
                {
                    for (int bit = 0; bit < 8; bit++)
                        crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
                }
                else
                {
                    crc = crc >> 8 ^ tables[0][crc & 0xFF];
                }
                tables[k][value] = crc;
            }
        }
        return tables;
    }
}
