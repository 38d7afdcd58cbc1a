// Written by chainrule 0.1.0.
module @chainrule attributes {mhlo.num_replicas = 1 : i32, mhlo.num_partitions = 1 : i32} {
  func.func public @main(%arg0: tensor<4x4xf32>, %arg1: tensor<f64>, %arg2: tensor<f64>, %arg3: tensor<5x3x4xf32>, %arg4: tensor<ui64>, %arg5: tensor<ui64>) -> (tensor<f32>, tensor<4x4xf32>, tensor<f64>) {
    %0 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
    %1 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
    %2 = "stablehlo.constant"() <{value = dense<0x3DCCCCCD> : tensor<f32>}> : () -> tensor<f32>
    %3 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %4 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %5 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
    %258:10 = "stablehlo.while"(%5, %1, %3, %4, %arg3, %arg0, %arg5, %2, %arg4, %arg5) ({
      ^bb0(%6: tensor<i32>, %7: tensor<3x4xf32>, %8: tensor<5x3x4xf32>, %9: tensor<5x3x4xf32>, %10: tensor<5x3x4xf32>, %11: tensor<4x4xf32>, %12: tensor<ui64>, %13: tensor<f32>, %14: tensor<ui64>, %15: tensor<ui64>):
        %16 = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
        %17 = "stablehlo.compare"(%6, %16) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%17) : (tensor<i1>) -> ()
      }, {
      ^bb0(%18: tensor<i32>, %19: tensor<3x4xf32>, %20: tensor<5x3x4xf32>, %21: tensor<5x3x4xf32>, %22: tensor<5x3x4xf32>, %23: tensor<4x4xf32>, %24: tensor<ui64>, %25: tensor<f32>, %26: tensor<ui64>, %27: tensor<ui64>):
        %28 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
        %29 = "stablehlo.dynamic_slice"(%22, %18, %28, %28) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %30 = "stablehlo.reshape"(%29) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %31 = "stablehlo.convert"(%18) : (tensor<i32>) -> tensor<ui64>
        %32 = "stablehlo.constant"() <{value = dense<6> : tensor<ui64>}> : () -> tensor<ui64>
        %33 = "stablehlo.multiply"(%31, %32) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %34 = "stablehlo.add"(%26, %33) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %35 = "stablehlo.dot_general"(%19, %23) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %36 = "stablehlo.add"(%35, %30) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %37 = "stablehlo.constant"() <{value = dense<32> : tensor<ui64>}> : () -> tensor<ui64>
        %38 = "stablehlo.shift_right_logical"(%24, %37) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %39 = "stablehlo.convert"(%24) : (tensor<ui64>) -> tensor<ui32>
        %40 = "stablehlo.convert"(%38) : (tensor<ui64>) -> tensor<ui32>
        %41 = "stablehlo.constant"() <{value = dense<466688986> : tensor<ui32>}> : () -> tensor<ui32>
        %42 = "stablehlo.xor"(%41, %39) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %43 = "stablehlo.xor"(%42, %40) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %44 = "stablehlo.broadcast_in_dim"(%39) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %45 = "stablehlo.broadcast_in_dim"(%40) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %46 = "stablehlo.broadcast_in_dim"(%43) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %47 = "stablehlo.broadcast_in_dim"(%34) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %48 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<6xui64>
        %49 = "stablehlo.add"(%47, %48) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %50 = "stablehlo.broadcast_in_dim"(%37) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %51 = "stablehlo.shift_right_logical"(%49, %50) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %52 = "stablehlo.convert"(%49) : (tensor<6xui64>) -> tensor<6xui32>
        %53 = "stablehlo.convert"(%51) : (tensor<6xui64>) -> tensor<6xui32>
        %54 = "stablehlo.add"(%52, %44) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %55 = "stablehlo.add"(%53, %45) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %56 = "stablehlo.add"(%54, %55) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %57 = "stablehlo.constant"() <{value = dense<13> : tensor<ui32>}> : () -> tensor<ui32>
        %58 = "stablehlo.broadcast_in_dim"(%57) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %59 = "stablehlo.shift_left"(%55, %58) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %60 = "stablehlo.constant"() <{value = dense<19> : tensor<ui32>}> : () -> tensor<ui32>
        %61 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %62 = "stablehlo.shift_right_logical"(%55, %61) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %63 = "stablehlo.or"(%59, %62) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %64 = "stablehlo.xor"(%63, %56) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %65 = "stablehlo.add"(%56, %64) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %66 = "stablehlo.constant"() <{value = dense<15> : tensor<ui32>}> : () -> tensor<ui32>
        %67 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %68 = "stablehlo.shift_left"(%64, %67) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %69 = "stablehlo.constant"() <{value = dense<17> : tensor<ui32>}> : () -> tensor<ui32>
        %70 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %71 = "stablehlo.shift_right_logical"(%64, %70) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %72 = "stablehlo.or"(%68, %71) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %73 = "stablehlo.xor"(%72, %65) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %74 = "stablehlo.add"(%65, %73) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %75 = "stablehlo.constant"() <{value = dense<26> : tensor<ui32>}> : () -> tensor<ui32>
        %76 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %77 = "stablehlo.shift_left"(%73, %76) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %78 = "stablehlo.constant"() <{value = dense<6> : tensor<ui32>}> : () -> tensor<ui32>
        %79 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %80 = "stablehlo.shift_right_logical"(%73, %79) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %81 = "stablehlo.or"(%77, %80) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %82 = "stablehlo.xor"(%81, %74) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %83 = "stablehlo.add"(%74, %82) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %84 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %85 = "stablehlo.shift_left"(%82, %84) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %86 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %87 = "stablehlo.shift_right_logical"(%82, %86) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %88 = "stablehlo.or"(%85, %87) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %89 = "stablehlo.xor"(%88, %83) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %90 = "stablehlo.add"(%83, %45) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %91 = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
        %92 = "stablehlo.broadcast_in_dim"(%91) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %93 = "stablehlo.add"(%46, %92) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %94 = "stablehlo.add"(%89, %93) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %95 = "stablehlo.add"(%90, %94) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %96 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %97 = "stablehlo.shift_left"(%94, %96) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %98 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %99 = "stablehlo.shift_right_logical"(%94, %98) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %100 = "stablehlo.or"(%97, %99) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %101 = "stablehlo.xor"(%100, %95) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %102 = "stablehlo.add"(%95, %101) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %103 = "stablehlo.constant"() <{value = dense<29> : tensor<ui32>}> : () -> tensor<ui32>
        %104 = "stablehlo.broadcast_in_dim"(%103) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %105 = "stablehlo.shift_left"(%101, %104) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %106 = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}> : () -> tensor<ui32>
        %107 = "stablehlo.broadcast_in_dim"(%106) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %108 = "stablehlo.shift_right_logical"(%101, %107) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %109 = "stablehlo.or"(%105, %108) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %110 = "stablehlo.xor"(%109, %102) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %111 = "stablehlo.add"(%102, %110) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %112 = "stablehlo.constant"() <{value = dense<16> : tensor<ui32>}> : () -> tensor<ui32>
        %113 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %114 = "stablehlo.shift_left"(%110, %113) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %115 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %116 = "stablehlo.shift_right_logical"(%110, %115) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %117 = "stablehlo.or"(%114, %116) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %118 = "stablehlo.xor"(%117, %111) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %119 = "stablehlo.add"(%111, %118) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %120 = "stablehlo.constant"() <{value = dense<24> : tensor<ui32>}> : () -> tensor<ui32>
        %121 = "stablehlo.broadcast_in_dim"(%120) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %122 = "stablehlo.shift_left"(%118, %121) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %123 = "stablehlo.constant"() <{value = dense<8> : tensor<ui32>}> : () -> tensor<ui32>
        %124 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %125 = "stablehlo.shift_right_logical"(%118, %124) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %126 = "stablehlo.or"(%122, %125) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %127 = "stablehlo.xor"(%126, %119) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %128 = "stablehlo.add"(%119, %46) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %129 = "stablehlo.constant"() <{value = dense<2> : tensor<ui32>}> : () -> tensor<ui32>
        %130 = "stablehlo.broadcast_in_dim"(%129) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %131 = "stablehlo.add"(%44, %130) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %132 = "stablehlo.add"(%127, %131) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %133 = "stablehlo.add"(%128, %132) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %134 = "stablehlo.broadcast_in_dim"(%57) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %135 = "stablehlo.shift_left"(%132, %134) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %136 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %137 = "stablehlo.shift_right_logical"(%132, %136) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %138 = "stablehlo.or"(%135, %137) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %139 = "stablehlo.xor"(%138, %133) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %140 = "stablehlo.add"(%133, %139) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %141 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %142 = "stablehlo.shift_left"(%139, %141) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %143 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %144 = "stablehlo.shift_right_logical"(%139, %143) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %145 = "stablehlo.or"(%142, %144) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %146 = "stablehlo.xor"(%145, %140) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %147 = "stablehlo.add"(%140, %146) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %148 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %149 = "stablehlo.shift_left"(%146, %148) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %150 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %151 = "stablehlo.shift_right_logical"(%146, %150) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %152 = "stablehlo.or"(%149, %151) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %153 = "stablehlo.xor"(%152, %147) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %154 = "stablehlo.add"(%147, %153) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %155 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %156 = "stablehlo.shift_left"(%153, %155) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %157 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %158 = "stablehlo.shift_right_logical"(%153, %157) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %159 = "stablehlo.or"(%156, %158) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %160 = "stablehlo.xor"(%159, %154) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %161 = "stablehlo.add"(%154, %44) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %162 = "stablehlo.broadcast_in_dim"(%106) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %163 = "stablehlo.add"(%45, %162) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %164 = "stablehlo.add"(%160, %163) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %165 = "stablehlo.add"(%161, %164) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %166 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %167 = "stablehlo.shift_left"(%164, %166) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %168 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %169 = "stablehlo.shift_right_logical"(%164, %168) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %170 = "stablehlo.or"(%167, %169) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %171 = "stablehlo.xor"(%170, %165) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %172 = "stablehlo.add"(%165, %171) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %173 = "stablehlo.broadcast_in_dim"(%103) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %174 = "stablehlo.shift_left"(%171, %173) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %175 = "stablehlo.broadcast_in_dim"(%106) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %176 = "stablehlo.shift_right_logical"(%171, %175) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %177 = "stablehlo.or"(%174, %176) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %178 = "stablehlo.xor"(%177, %172) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %179 = "stablehlo.add"(%172, %178) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %180 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %181 = "stablehlo.shift_left"(%178, %180) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %182 = "stablehlo.broadcast_in_dim"(%112) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %183 = "stablehlo.shift_right_logical"(%178, %182) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %184 = "stablehlo.or"(%181, %183) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %185 = "stablehlo.xor"(%184, %179) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %186 = "stablehlo.add"(%179, %185) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %187 = "stablehlo.broadcast_in_dim"(%120) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %188 = "stablehlo.shift_left"(%185, %187) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %189 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %190 = "stablehlo.shift_right_logical"(%185, %189) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %191 = "stablehlo.or"(%188, %190) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %192 = "stablehlo.xor"(%191, %186) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %193 = "stablehlo.add"(%186, %45) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %194 = "stablehlo.constant"() <{value = dense<4> : tensor<ui32>}> : () -> tensor<ui32>
        %195 = "stablehlo.broadcast_in_dim"(%194) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %196 = "stablehlo.add"(%46, %195) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %197 = "stablehlo.add"(%192, %196) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %198 = "stablehlo.add"(%193, %197) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %199 = "stablehlo.broadcast_in_dim"(%57) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %200 = "stablehlo.shift_left"(%197, %199) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %201 = "stablehlo.broadcast_in_dim"(%60) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %202 = "stablehlo.shift_right_logical"(%197, %201) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %203 = "stablehlo.or"(%200, %202) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %204 = "stablehlo.xor"(%203, %198) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %205 = "stablehlo.add"(%198, %204) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %206 = "stablehlo.broadcast_in_dim"(%66) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %207 = "stablehlo.shift_left"(%204, %206) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %208 = "stablehlo.broadcast_in_dim"(%69) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %209 = "stablehlo.shift_right_logical"(%204, %208) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %210 = "stablehlo.or"(%207, %209) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %211 = "stablehlo.xor"(%210, %205) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %212 = "stablehlo.add"(%205, %211) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %213 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %214 = "stablehlo.shift_left"(%211, %213) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %215 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %216 = "stablehlo.shift_right_logical"(%211, %215) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %217 = "stablehlo.or"(%214, %216) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %218 = "stablehlo.xor"(%217, %212) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %219 = "stablehlo.add"(%212, %218) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %220 = "stablehlo.broadcast_in_dim"(%78) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %221 = "stablehlo.shift_left"(%218, %220) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %222 = "stablehlo.broadcast_in_dim"(%75) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %223 = "stablehlo.shift_right_logical"(%218, %222) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %224 = "stablehlo.or"(%221, %223) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %225 = "stablehlo.xor"(%224, %219) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %226 = "stablehlo.add"(%219, %46) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %227 = "stablehlo.constant"() <{value = dense<5> : tensor<ui32>}> : () -> tensor<ui32>
        %228 = "stablehlo.broadcast_in_dim"(%227) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %229 = "stablehlo.add"(%44, %228) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %230 = "stablehlo.add"(%225, %229) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %231 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %232 = "stablehlo.shift_right_logical"(%226, %231) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %233 = "stablehlo.convert"(%232) : (tensor<6xui32>) -> tensor<6xf32>
        %234 = "stablehlo.constant"() <{value = dense<0x33800000> : tensor<f32>}> : () -> tensor<f32>
        %235 = "stablehlo.broadcast_in_dim"(%234) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %236 = "stablehlo.multiply"(%233, %235) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %237 = "stablehlo.broadcast_in_dim"(%123) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %238 = "stablehlo.shift_right_logical"(%230, %237) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %239 = "stablehlo.convert"(%238) : (tensor<6xui32>) -> tensor<6xf32>
        %240 = "stablehlo.broadcast_in_dim"(%234) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %241 = "stablehlo.multiply"(%239, %240) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %242 = "stablehlo.reshape"(%236) : (tensor<6xf32>) -> tensor<6x1xf32>
        %243 = "stablehlo.reshape"(%241) : (tensor<6xf32>) -> tensor<6x1xf32>
        %244 = "stablehlo.concatenate"(%242, %243) <{dimension = 1 : i64}> : (tensor<6x1xf32>, tensor<6x1xf32>) -> tensor<6x2xf32>
        %245 = "stablehlo.reshape"(%244) : (tensor<6x2xf32>) -> tensor<12xf32>
        %246 = "stablehlo.reshape"(%245) : (tensor<12xf32>) -> tensor<3x4xf32>
        %247 = "stablehlo.broadcast_in_dim"(%25) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %248 = "stablehlo.multiply"(%246, %247) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %249 = "stablehlo.add"(%36, %248) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %250 = "stablehlo.tanh"(%249) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %251 = "stablehlo.multiply"(%250, %250) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %252 = "stablehlo.reshape"(%251) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %253 = "stablehlo.dynamic_update_slice"(%20, %252, %18, %28, %28) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %254 = "stablehlo.reshape"(%19) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %255 = "stablehlo.dynamic_update_slice"(%21, %254, %18, %28, %28) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %256 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %257 = "stablehlo.add"(%18, %256) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%257, %250, %253, %255, %22, %23, %24, %25, %26, %27) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>)
    %259 = "stablehlo.abs"(%258#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
    %263 = "stablehlo.reduce"(%259, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%260: tensor<f32>, %261: tensor<f32>):
        %262 = "stablehlo.add"(%260, %261) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%262) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %264 = "stablehlo.constant"() <{value = dense<0x42480000> : tensor<f32>}> : () -> tensor<f32>
    %265 = "stablehlo.compare"(%263, %264) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %266 = "stablehlo.constant"() <{value = dense<0x3FC00000> : tensor<f32>}> : () -> tensor<f32>
    %293:6 = "stablehlo.while"(%5, %265, %258#1, %266, %264, %arg5) ({
      ^bb0(%267: tensor<i32>, %268: tensor<i1>, %269: tensor<3x4xf32>, %270: tensor<f32>, %271: tensor<f32>, %272: tensor<ui64>):
        %273 = "stablehlo.constant"() <{value = dense<2147483647> : tensor<i32>}> : () -> tensor<i32>
        %274 = "stablehlo.compare"(%267, %273) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        %275 = "stablehlo.and"(%268, %274) : (tensor<i1>, tensor<i1>) -> tensor<i1>
        "stablehlo.return"(%275) : (tensor<i1>) -> ()
      }, {
      ^bb0(%276: tensor<i32>, %277: tensor<i1>, %278: tensor<3x4xf32>, %279: tensor<f32>, %280: tensor<f32>, %281: tensor<ui64>):
        %282 = "stablehlo.broadcast_in_dim"(%279) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %283 = "stablehlo.multiply"(%278, %282) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %284 = "stablehlo.abs"(%283) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %285 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %289 = "stablehlo.reduce"(%284, %285) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%286: tensor<f32>, %287: tensor<f32>):
            %288 = "stablehlo.add"(%286, %287) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%288) : (tensor<f32>) -> ()
          }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
        %290 = "stablehlo.compare"(%289, %280) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
        %291 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %292 = "stablehlo.add"(%276, %291) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%292, %290, %283, %279, %280, %281) : (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>) -> (tensor<i32>, tensor<i1>, tensor<3x4xf32>, tensor<f32>, tensor<f32>, tensor<ui64>)
    %297 = "stablehlo.reduce"(%258#2, %0) <{dimensions = array<i64: 0, 1, 2>}> ({
      ^bb0(%294: tensor<f32>, %295: tensor<f32>):
        %296 = "stablehlo.add"(%294, %295) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%296) : (tensor<f32>) -> ()
      }) : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<f32>
    %298 = "stablehlo.constant"() <{value = dense<0x40A00000> : tensor<f32>}> : () -> tensor<f32>
    %299 = "stablehlo.compare"(%297, %298) <{comparison_direction = #stablehlo<comparison_direction GT>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %303 = "stablehlo.reduce"(%arg0, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%300: tensor<f32>, %301: tensor<f32>):
        %302 = "stablehlo.add"(%300, %301) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%302) : (tensor<f32>) -> ()
      }) : (tensor<4x4xf32>, tensor<f32>) -> tensor<f32>
    %304 = "stablehlo.convert"(%299) : (tensor<i1>) -> tensor<i32>
    %308 = "stablehlo.case"(%304) ({
        %305 = "stablehlo.exponential"(%258#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%305) : (tensor<3x4xf32>) -> ()
      }, {
        %306 = "stablehlo.broadcast_in_dim"(%303) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %307 = "stablehlo.multiply"(%258#1, %306) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%307) : (tensor<3x4xf32>) -> ()
      }) : (tensor<i32>) -> tensor<3x4xf32>
    %312 = "stablehlo.reduce"(%258#2, %0) <{dimensions = array<i64: 0, 1, 2>}> ({
      ^bb0(%309: tensor<f32>, %310: tensor<f32>):
        %311 = "stablehlo.add"(%309, %310) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%311) : (tensor<f32>) -> ()
      }) : (tensor<5x3x4xf32>, tensor<f32>) -> tensor<f32>
    %313 = "stablehlo.constant"() <{value = dense<0x42700000> : tensor<f32>}> : () -> tensor<f32>
    %314 = "stablehlo.divide"(%312, %313) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %318 = "stablehlo.reduce"(%308, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%315: tensor<f32>, %316: tensor<f32>):
        %317 = "stablehlo.add"(%315, %316) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%317) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %319 = "stablehlo.constant"() <{value = dense<0x41400000> : tensor<f32>}> : () -> tensor<f32>
    %320 = "stablehlo.divide"(%318, %319) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %321 = "stablehlo.add"(%314, %320) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %325 = "stablehlo.reduce"(%293#2, %0) <{dimensions = array<i64: 0, 1>}> ({
      ^bb0(%322: tensor<f32>, %323: tensor<f32>):
        %324 = "stablehlo.add"(%322, %323) : (tensor<f32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%324) : (tensor<f32>) -> ()
      }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
    %326 = "stablehlo.divide"(%325, %319) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %327 = "stablehlo.constant"() <{value = dense<0x3A83126F> : tensor<f32>}> : () -> tensor<f32>
    %328 = "stablehlo.multiply"(%326, %327) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %329 = "stablehlo.add"(%321, %328) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %330 = "stablehlo.constant"() <{value = dense<0x3F800000> : tensor<f32>}> : () -> tensor<f32>
    %331 = "stablehlo.divide"(%330, %319) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %332 = "stablehlo.compare"(%330, %0) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %333 = "stablehlo.multiply"(%330, %331) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %334 = "stablehlo.select"(%332, %0, %333) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %335 = "stablehlo.reshape"(%334) : (tensor<f32>) -> tensor<1x1xf32>
    %336 = "stablehlo.reshape"(%335) : (tensor<1x1xf32>) -> tensor<f32>
    %337 = "stablehlo.broadcast_in_dim"(%336) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
    %338 = "stablehlo.divide"(%330, %313) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %339 = "stablehlo.compare"(%330, %0) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %340 = "stablehlo.multiply"(%330, %338) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    %341 = "stablehlo.select"(%339, %0, %340) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    %342 = "stablehlo.reshape"(%341) : (tensor<f32>) -> tensor<1x1x1xf32>
    %343 = "stablehlo.reshape"(%342) : (tensor<1x1x1xf32>) -> tensor<f32>
    %344 = "stablehlo.broadcast_in_dim"(%343) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %345 = "stablehlo.convert"(%299) : (tensor<i1>) -> tensor<i32>
    %369:2 = "stablehlo.case"(%345) ({
        %346 = "stablehlo.exponential"(%258#1) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %347 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %348 = "stablehlo.broadcast_in_dim"(%347) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %349 = "stablehlo.compare"(%337, %348) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %350 = "stablehlo.broadcast_in_dim"(%347) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %351 = "stablehlo.multiply"(%337, %346) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %352 = "stablehlo.select"(%349, %350, %351) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        "stablehlo.return"(%352, %347) : (tensor<3x4xf32>, tensor<f32>) -> ()
      }, {
        %353 = "stablehlo.broadcast_in_dim"(%303) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %354 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %355 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %356 = "stablehlo.compare"(%337, %355) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %357 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %358 = "stablehlo.multiply"(%337, %353) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %359 = "stablehlo.select"(%356, %357, %358) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %360 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %361 = "stablehlo.compare"(%337, %360) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %362 = "stablehlo.broadcast_in_dim"(%354) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %363 = "stablehlo.multiply"(%337, %258#1) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %364 = "stablehlo.select"(%361, %362, %363) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %368 = "stablehlo.reduce"(%364, %354) <{dimensions = array<i64: 0, 1>}> ({
          ^bb0(%365: tensor<f32>, %366: tensor<f32>):
            %367 = "stablehlo.add"(%365, %366) : (tensor<f32>, tensor<f32>) -> tensor<f32>
            "stablehlo.return"(%367) : (tensor<f32>) -> ()
          }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<f32>
        "stablehlo.return"(%359, %368) : (tensor<3x4xf32>, tensor<f32>) -> ()
      }) : (tensor<i32>) -> (tensor<3x4xf32>, tensor<f32>)
    %370 = "stablehlo.reshape"(%369#1) : (tensor<f32>) -> tensor<1x1xf32>
    %371 = "stablehlo.reshape"(%370) : (tensor<1x1xf32>) -> tensor<f32>
    %372 = "stablehlo.broadcast_in_dim"(%371) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %373 = "stablehlo.broadcast_in_dim"(%0) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<5x3x4xf32>
    %656:11 = "stablehlo.while"(%5, %369#0, %373, %258#3, %arg3, %344, %arg0, %arg5, %2, %arg4, %arg5) ({
      ^bb0(%374: tensor<i32>, %375: tensor<3x4xf32>, %376: tensor<5x3x4xf32>, %377: tensor<5x3x4xf32>, %378: tensor<5x3x4xf32>, %379: tensor<5x3x4xf32>, %380: tensor<4x4xf32>, %381: tensor<ui64>, %382: tensor<f32>, %383: tensor<ui64>, %384: tensor<ui64>):
        %385 = "stablehlo.constant"() <{value = dense<5> : tensor<i32>}> : () -> tensor<i32>
        %386 = "stablehlo.compare"(%374, %385) <{comparison_direction = #stablehlo<comparison_direction LT>}> : (tensor<i32>, tensor<i32>) -> tensor<i1>
        "stablehlo.return"(%386) : (tensor<i1>) -> ()
      }, {
      ^bb0(%387: tensor<i32>, %388: tensor<3x4xf32>, %389: tensor<5x3x4xf32>, %390: tensor<5x3x4xf32>, %391: tensor<5x3x4xf32>, %392: tensor<5x3x4xf32>, %393: tensor<4x4xf32>, %394: tensor<ui64>, %395: tensor<f32>, %396: tensor<ui64>, %397: tensor<ui64>):
        %398 = "stablehlo.constant"() <{value = dense<4> : tensor<i32>}> : () -> tensor<i32>
        %399 = "stablehlo.subtract"(%398, %387) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        %400 = "stablehlo.subtract"(%398, %387) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        %401 = "stablehlo.constant"() <{value = dense<0> : tensor<i32>}> : () -> tensor<i32>
        %402 = "stablehlo.dynamic_slice"(%390, %399, %401, %401) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %403 = "stablehlo.reshape"(%402) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %404 = "stablehlo.dynamic_slice"(%391, %399, %401, %401) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %405 = "stablehlo.reshape"(%404) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %406 = "stablehlo.dynamic_slice"(%392, %399, %401, %401) <{slice_sizes = array<i64: 1, 3, 4>}> : (tensor<5x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x3x4xf32>
        %407 = "stablehlo.reshape"(%406) : (tensor<1x3x4xf32>) -> tensor<3x4xf32>
        %408 = "stablehlo.convert"(%400) : (tensor<i32>) -> tensor<ui64>
        %409 = "stablehlo.constant"() <{value = dense<6> : tensor<ui64>}> : () -> tensor<ui64>
        %410 = "stablehlo.multiply"(%408, %409) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %411 = "stablehlo.add"(%396, %410) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %412 = "stablehlo.dot_general"(%403, %393) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %413 = "stablehlo.add"(%412, %405) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %414 = "stablehlo.constant"() <{value = dense<32> : tensor<ui64>}> : () -> tensor<ui64>
        %415 = "stablehlo.shift_right_logical"(%394, %414) : (tensor<ui64>, tensor<ui64>) -> tensor<ui64>
        %416 = "stablehlo.convert"(%394) : (tensor<ui64>) -> tensor<ui32>
        %417 = "stablehlo.convert"(%415) : (tensor<ui64>) -> tensor<ui32>
        %418 = "stablehlo.constant"() <{value = dense<466688986> : tensor<ui32>}> : () -> tensor<ui32>
        %419 = "stablehlo.xor"(%418, %416) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %420 = "stablehlo.xor"(%419, %417) : (tensor<ui32>, tensor<ui32>) -> tensor<ui32>
        %421 = "stablehlo.broadcast_in_dim"(%416) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %422 = "stablehlo.broadcast_in_dim"(%417) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %423 = "stablehlo.broadcast_in_dim"(%420) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %424 = "stablehlo.broadcast_in_dim"(%411) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %425 = "stablehlo.iota"() <{iota_dimension = 0 : i64}> : () -> tensor<6xui64>
        %426 = "stablehlo.add"(%424, %425) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %427 = "stablehlo.broadcast_in_dim"(%414) <{broadcast_dimensions = array<i64>}> : (tensor<ui64>) -> tensor<6xui64>
        %428 = "stablehlo.shift_right_logical"(%426, %427) : (tensor<6xui64>, tensor<6xui64>) -> tensor<6xui64>
        %429 = "stablehlo.convert"(%426) : (tensor<6xui64>) -> tensor<6xui32>
        %430 = "stablehlo.convert"(%428) : (tensor<6xui64>) -> tensor<6xui32>
        %431 = "stablehlo.add"(%429, %421) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %432 = "stablehlo.add"(%430, %422) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %433 = "stablehlo.add"(%431, %432) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %434 = "stablehlo.constant"() <{value = dense<13> : tensor<ui32>}> : () -> tensor<ui32>
        %435 = "stablehlo.broadcast_in_dim"(%434) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %436 = "stablehlo.shift_left"(%432, %435) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %437 = "stablehlo.constant"() <{value = dense<19> : tensor<ui32>}> : () -> tensor<ui32>
        %438 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %439 = "stablehlo.shift_right_logical"(%432, %438) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %440 = "stablehlo.or"(%436, %439) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %441 = "stablehlo.xor"(%440, %433) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %442 = "stablehlo.add"(%433, %441) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %443 = "stablehlo.constant"() <{value = dense<15> : tensor<ui32>}> : () -> tensor<ui32>
        %444 = "stablehlo.broadcast_in_dim"(%443) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %445 = "stablehlo.shift_left"(%441, %444) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %446 = "stablehlo.constant"() <{value = dense<17> : tensor<ui32>}> : () -> tensor<ui32>
        %447 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %448 = "stablehlo.shift_right_logical"(%441, %447) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %449 = "stablehlo.or"(%445, %448) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %450 = "stablehlo.xor"(%449, %442) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %451 = "stablehlo.add"(%442, %450) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %452 = "stablehlo.constant"() <{value = dense<26> : tensor<ui32>}> : () -> tensor<ui32>
        %453 = "stablehlo.broadcast_in_dim"(%452) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %454 = "stablehlo.shift_left"(%450, %453) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %455 = "stablehlo.constant"() <{value = dense<6> : tensor<ui32>}> : () -> tensor<ui32>
        %456 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %457 = "stablehlo.shift_right_logical"(%450, %456) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %458 = "stablehlo.or"(%454, %457) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %459 = "stablehlo.xor"(%458, %451) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %460 = "stablehlo.add"(%451, %459) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %461 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %462 = "stablehlo.shift_left"(%459, %461) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %463 = "stablehlo.broadcast_in_dim"(%452) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %464 = "stablehlo.shift_right_logical"(%459, %463) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %465 = "stablehlo.or"(%462, %464) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %466 = "stablehlo.xor"(%465, %460) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %467 = "stablehlo.add"(%460, %422) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %468 = "stablehlo.constant"() <{value = dense<1> : tensor<ui32>}> : () -> tensor<ui32>
        %469 = "stablehlo.broadcast_in_dim"(%468) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %470 = "stablehlo.add"(%423, %469) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %471 = "stablehlo.add"(%466, %470) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %472 = "stablehlo.add"(%467, %471) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %473 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %474 = "stablehlo.shift_left"(%471, %473) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %475 = "stablehlo.broadcast_in_dim"(%443) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %476 = "stablehlo.shift_right_logical"(%471, %475) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %477 = "stablehlo.or"(%474, %476) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %478 = "stablehlo.xor"(%477, %472) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %479 = "stablehlo.add"(%472, %478) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %480 = "stablehlo.constant"() <{value = dense<29> : tensor<ui32>}> : () -> tensor<ui32>
        %481 = "stablehlo.broadcast_in_dim"(%480) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %482 = "stablehlo.shift_left"(%478, %481) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %483 = "stablehlo.constant"() <{value = dense<3> : tensor<ui32>}> : () -> tensor<ui32>
        %484 = "stablehlo.broadcast_in_dim"(%483) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %485 = "stablehlo.shift_right_logical"(%478, %484) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %486 = "stablehlo.or"(%482, %485) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %487 = "stablehlo.xor"(%486, %479) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %488 = "stablehlo.add"(%479, %487) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %489 = "stablehlo.constant"() <{value = dense<16> : tensor<ui32>}> : () -> tensor<ui32>
        %490 = "stablehlo.broadcast_in_dim"(%489) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %491 = "stablehlo.shift_left"(%487, %490) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %492 = "stablehlo.broadcast_in_dim"(%489) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %493 = "stablehlo.shift_right_logical"(%487, %492) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %494 = "stablehlo.or"(%491, %493) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %495 = "stablehlo.xor"(%494, %488) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %496 = "stablehlo.add"(%488, %495) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %497 = "stablehlo.constant"() <{value = dense<24> : tensor<ui32>}> : () -> tensor<ui32>
        %498 = "stablehlo.broadcast_in_dim"(%497) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %499 = "stablehlo.shift_left"(%495, %498) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %500 = "stablehlo.constant"() <{value = dense<8> : tensor<ui32>}> : () -> tensor<ui32>
        %501 = "stablehlo.broadcast_in_dim"(%500) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %502 = "stablehlo.shift_right_logical"(%495, %501) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %503 = "stablehlo.or"(%499, %502) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %504 = "stablehlo.xor"(%503, %496) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %505 = "stablehlo.add"(%496, %423) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %506 = "stablehlo.constant"() <{value = dense<2> : tensor<ui32>}> : () -> tensor<ui32>
        %507 = "stablehlo.broadcast_in_dim"(%506) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %508 = "stablehlo.add"(%421, %507) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %509 = "stablehlo.add"(%504, %508) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %510 = "stablehlo.add"(%505, %509) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %511 = "stablehlo.broadcast_in_dim"(%434) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %512 = "stablehlo.shift_left"(%509, %511) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %513 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %514 = "stablehlo.shift_right_logical"(%509, %513) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %515 = "stablehlo.or"(%512, %514) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %516 = "stablehlo.xor"(%515, %510) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %517 = "stablehlo.add"(%510, %516) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %518 = "stablehlo.broadcast_in_dim"(%443) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %519 = "stablehlo.shift_left"(%516, %518) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %520 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %521 = "stablehlo.shift_right_logical"(%516, %520) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %522 = "stablehlo.or"(%519, %521) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %523 = "stablehlo.xor"(%522, %517) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %524 = "stablehlo.add"(%517, %523) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %525 = "stablehlo.broadcast_in_dim"(%452) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %526 = "stablehlo.shift_left"(%523, %525) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %527 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %528 = "stablehlo.shift_right_logical"(%523, %527) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %529 = "stablehlo.or"(%526, %528) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %530 = "stablehlo.xor"(%529, %524) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %531 = "stablehlo.add"(%524, %530) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %532 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %533 = "stablehlo.shift_left"(%530, %532) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %534 = "stablehlo.broadcast_in_dim"(%452) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %535 = "stablehlo.shift_right_logical"(%530, %534) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %536 = "stablehlo.or"(%533, %535) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %537 = "stablehlo.xor"(%536, %531) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %538 = "stablehlo.add"(%531, %421) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %539 = "stablehlo.broadcast_in_dim"(%483) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %540 = "stablehlo.add"(%422, %539) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %541 = "stablehlo.add"(%537, %540) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %542 = "stablehlo.add"(%538, %541) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %543 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %544 = "stablehlo.shift_left"(%541, %543) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %545 = "stablehlo.broadcast_in_dim"(%443) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %546 = "stablehlo.shift_right_logical"(%541, %545) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %547 = "stablehlo.or"(%544, %546) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %548 = "stablehlo.xor"(%547, %542) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %549 = "stablehlo.add"(%542, %548) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %550 = "stablehlo.broadcast_in_dim"(%480) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %551 = "stablehlo.shift_left"(%548, %550) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %552 = "stablehlo.broadcast_in_dim"(%483) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %553 = "stablehlo.shift_right_logical"(%548, %552) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %554 = "stablehlo.or"(%551, %553) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %555 = "stablehlo.xor"(%554, %549) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %556 = "stablehlo.add"(%549, %555) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %557 = "stablehlo.broadcast_in_dim"(%489) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %558 = "stablehlo.shift_left"(%555, %557) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %559 = "stablehlo.broadcast_in_dim"(%489) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %560 = "stablehlo.shift_right_logical"(%555, %559) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %561 = "stablehlo.or"(%558, %560) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %562 = "stablehlo.xor"(%561, %556) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %563 = "stablehlo.add"(%556, %562) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %564 = "stablehlo.broadcast_in_dim"(%497) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %565 = "stablehlo.shift_left"(%562, %564) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %566 = "stablehlo.broadcast_in_dim"(%500) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %567 = "stablehlo.shift_right_logical"(%562, %566) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %568 = "stablehlo.or"(%565, %567) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %569 = "stablehlo.xor"(%568, %563) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %570 = "stablehlo.add"(%563, %422) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %571 = "stablehlo.constant"() <{value = dense<4> : tensor<ui32>}> : () -> tensor<ui32>
        %572 = "stablehlo.broadcast_in_dim"(%571) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %573 = "stablehlo.add"(%423, %572) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %574 = "stablehlo.add"(%569, %573) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %575 = "stablehlo.add"(%570, %574) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %576 = "stablehlo.broadcast_in_dim"(%434) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %577 = "stablehlo.shift_left"(%574, %576) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %578 = "stablehlo.broadcast_in_dim"(%437) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %579 = "stablehlo.shift_right_logical"(%574, %578) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %580 = "stablehlo.or"(%577, %579) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %581 = "stablehlo.xor"(%580, %575) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %582 = "stablehlo.add"(%575, %581) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %583 = "stablehlo.broadcast_in_dim"(%443) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %584 = "stablehlo.shift_left"(%581, %583) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %585 = "stablehlo.broadcast_in_dim"(%446) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %586 = "stablehlo.shift_right_logical"(%581, %585) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %587 = "stablehlo.or"(%584, %586) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %588 = "stablehlo.xor"(%587, %582) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %589 = "stablehlo.add"(%582, %588) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %590 = "stablehlo.broadcast_in_dim"(%452) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %591 = "stablehlo.shift_left"(%588, %590) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %592 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %593 = "stablehlo.shift_right_logical"(%588, %592) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %594 = "stablehlo.or"(%591, %593) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %595 = "stablehlo.xor"(%594, %589) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %596 = "stablehlo.add"(%589, %595) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %597 = "stablehlo.broadcast_in_dim"(%455) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %598 = "stablehlo.shift_left"(%595, %597) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %599 = "stablehlo.broadcast_in_dim"(%452) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %600 = "stablehlo.shift_right_logical"(%595, %599) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %601 = "stablehlo.or"(%598, %600) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %602 = "stablehlo.xor"(%601, %596) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %603 = "stablehlo.add"(%596, %423) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %604 = "stablehlo.constant"() <{value = dense<5> : tensor<ui32>}> : () -> tensor<ui32>
        %605 = "stablehlo.broadcast_in_dim"(%604) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %606 = "stablehlo.add"(%421, %605) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %607 = "stablehlo.add"(%602, %606) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %608 = "stablehlo.broadcast_in_dim"(%500) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %609 = "stablehlo.shift_right_logical"(%603, %608) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %610 = "stablehlo.convert"(%609) : (tensor<6xui32>) -> tensor<6xf32>
        %611 = "stablehlo.constant"() <{value = dense<0x33800000> : tensor<f32>}> : () -> tensor<f32>
        %612 = "stablehlo.broadcast_in_dim"(%611) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %613 = "stablehlo.multiply"(%610, %612) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %614 = "stablehlo.broadcast_in_dim"(%500) <{broadcast_dimensions = array<i64>}> : (tensor<ui32>) -> tensor<6xui32>
        %615 = "stablehlo.shift_right_logical"(%607, %614) : (tensor<6xui32>, tensor<6xui32>) -> tensor<6xui32>
        %616 = "stablehlo.convert"(%615) : (tensor<6xui32>) -> tensor<6xf32>
        %617 = "stablehlo.broadcast_in_dim"(%611) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<6xf32>
        %618 = "stablehlo.multiply"(%616, %617) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
        %619 = "stablehlo.reshape"(%613) : (tensor<6xf32>) -> tensor<6x1xf32>
        %620 = "stablehlo.reshape"(%618) : (tensor<6xf32>) -> tensor<6x1xf32>
        %621 = "stablehlo.concatenate"(%619, %620) <{dimension = 1 : i64}> : (tensor<6x1xf32>, tensor<6x1xf32>) -> tensor<6x2xf32>
        %622 = "stablehlo.reshape"(%621) : (tensor<6x2xf32>) -> tensor<12xf32>
        %623 = "stablehlo.reshape"(%622) : (tensor<12xf32>) -> tensor<3x4xf32>
        %624 = "stablehlo.broadcast_in_dim"(%395) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %625 = "stablehlo.multiply"(%623, %624) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %626 = "stablehlo.add"(%413, %625) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %627 = "stablehlo.tanh"(%626) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %628 = "stablehlo.constant"() <{value = dense<0x40000000> : tensor<f32>}> : () -> tensor<f32>
        %629 = "stablehlo.broadcast_in_dim"(%628) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %630 = "stablehlo.multiply"(%627, %629) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %631 = "stablehlo.constant"() <{value = dense<0x00000000> : tensor<f32>}> : () -> tensor<f32>
        %632 = "stablehlo.broadcast_in_dim"(%631) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %633 = "stablehlo.compare"(%407, %632) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %634 = "stablehlo.broadcast_in_dim"(%631) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %635 = "stablehlo.multiply"(%407, %630) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %636 = "stablehlo.select"(%633, %634, %635) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %637 = "stablehlo.add"(%388, %636) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %638 = "stablehlo.add"(%626, %626) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %639 = "stablehlo.logistic"(%638) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %640 = "stablehlo.negate"(%638) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %641 = "stablehlo.logistic"(%640) : (tensor<3x4xf32>) -> tensor<3x4xf32>
        %642 = "stablehlo.multiply"(%639, %641) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %643 = "stablehlo.constant"() <{value = dense<0x40800000> : tensor<f32>}> : () -> tensor<f32>
        %644 = "stablehlo.broadcast_in_dim"(%643) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %645 = "stablehlo.multiply"(%642, %644) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %646 = "stablehlo.broadcast_in_dim"(%631) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %647 = "stablehlo.compare"(%637, %646) <{comparison_direction = #stablehlo<comparison_direction EQ>}> : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xi1>
        %648 = "stablehlo.broadcast_in_dim"(%631) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<3x4xf32>
        %649 = "stablehlo.multiply"(%637, %645) : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %650 = "stablehlo.select"(%647, %648, %649) : (tensor<3x4xi1>, tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
        %651 = "stablehlo.dot_general"(%650, %393) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
        %652 = "stablehlo.reshape"(%650) : (tensor<3x4xf32>) -> tensor<1x3x4xf32>
        %653 = "stablehlo.dynamic_update_slice"(%389, %652, %399, %401, %401) : (tensor<5x3x4xf32>, tensor<1x3x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<5x3x4xf32>
        %654 = "stablehlo.constant"() <{value = dense<1> : tensor<i32>}> : () -> tensor<i32>
        %655 = "stablehlo.add"(%387, %654) : (tensor<i32>, tensor<i32>) -> tensor<i32>
        "stablehlo.return"(%655, %651, %653, %390, %391, %392, %393, %394, %395, %396, %397) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> ()
      }) : (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>) -> (tensor<i32>, tensor<3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<5x3x4xf32>, tensor<4x4xf32>, tensor<ui64>, tensor<f32>, tensor<ui64>, tensor<ui64>)
    %657 = "stablehlo.reshape"(%258#3) : (tensor<5x3x4xf32>) -> tensor<15x4xf32>
    %658 = "stablehlo.reshape"(%656#2) : (tensor<5x3x4xf32>) -> tensor<15x4xf32>
    %659 = "stablehlo.dot_general"(%657, %658) <{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [0], rhs_contracting_dimensions = [0]>, precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]}> : (tensor<15x4xf32>, tensor<15x4xf32>) -> tensor<4x4xf32>
    %660 = "stablehlo.add"(%372, %659) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %661 = "stablehlo.constant"() <{value = dense<0x3FF0000000000000> : tensor<f64>}> : () -> tensor<f64>
    %662 = "stablehlo.add"(%arg2, %661) : (tensor<f64>, tensor<f64>) -> tensor<f64>
    %663 = "stablehlo.convert"(%arg1) : (tensor<f64>) -> tensor<f32>
    %664 = "stablehlo.broadcast_in_dim"(%663) <{broadcast_dimensions = array<i64>}> : (tensor<f32>) -> tensor<4x4xf32>
    %665 = "stablehlo.multiply"(%660, %664) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    %666 = "stablehlo.subtract"(%arg0, %665) : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
    "func.return"(%329, %666, %662) : (tensor<f32>, tensor<4x4xf32>, tensor<f64>) -> ()
  }
}
